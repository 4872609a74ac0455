//! Triggers, in the words of `pg_get_triggerdef`.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::Trigger;

/// CREATE TRIGGER, and when it fires if that is not always.
pub fn trigger(row: Trigger) -> Object {
    let Trigger {
        oid,
        schema,
        name,
        quoted,
        relation,
        relation_name,
        relation_qualified,
        enabled,
        definition,
    } = row;
    let mut statements = vec![definition];
    let change = match enabled.as_str() {
        "D" => Some("DISABLE"),
        "R" => Some("ENABLE REPLICA"),
        "A" => Some("ENABLE ALWAYS"),
        _ => None,
    };
    statements
        .extend(change.map(|change| format!("ALTER TABLE {relation_qualified} {change} TRIGGER {quoted}")));
    Object {
        node: Node::new(Class::PgTrigger, oid),
        words: "trigger",
        key: format!("{schema}.{relation_name}"),
        schema: Some(schema),
        name: format!("{relation_name}.{name}"),
        with: Some(Node::new(Class::PgClass, relation)),
        stage: Stage::Trigger,
        text: Text::Statements(statements),
        after: Vec::new(),
        has_checked_body: false,
    }
}
