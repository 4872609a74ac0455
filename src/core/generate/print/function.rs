//! Functions and procedures, in the words of `pg_get_functiondef`.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::Function;

/// CREATE FUNCTION or CREATE PROCEDURE.
pub fn function(row: Function) -> Object {
    let Function { oid, schema, name, signature, form, language, definition } = row;
    Object {
        node: Node::new(Class::PgProc, oid),
        words: if form == "p" { "procedure" } else { "function" },
        schema: Some(schema),
        name,
        with: None,
        stage: Stage::Function,
        key: signature,
        text: Text::Statements(vec![definition.trim_end().to_owned()]),
        after: Vec::new(),
        has_checked_body: !matches!(language.as_str(), "c" | "internal"),
    }
}
