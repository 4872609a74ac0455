//! Row-level security policies.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::Policy;

/// CREATE POLICY.
pub fn policy(row: Policy) -> Object {
    let mut statement = format!("CREATE POLICY {} ON {}", row.quoted, row.relation_qualified);
    if !row.permissive {
        statement.push_str(" AS RESTRICTIVE");
    }
    let command = match row.command.as_str() {
        "r" => Some("SELECT"),
        "a" => Some("INSERT"),
        "w" => Some("UPDATE"),
        "d" => Some("DELETE"),
        _ => None,
    };
    if let Some(command) = command {
        statement = format!("{statement} FOR {command}");
    }
    let roles = row.roles.unwrap_or_default();
    if !roles.is_empty() && roles != ["PUBLIC"] {
        statement = format!("{statement} TO {}", roles.join(", "));
    }
    if let Some(expression) = row.using_expression {
        statement = format!("{statement}\n    USING ({expression})");
    }
    if let Some(expression) = row.check_expression {
        statement = format!("{statement}\n    WITH CHECK ({expression})");
    }
    Object {
        node: Node::new(Class::PgPolicy, row.oid),
        words: "policy",
        key: format!("{}.{}", row.schema, row.relation_name),
        schema: Some(row.schema),
        name: format!("{}.{}", row.relation_name, row.name),
        with: Some(Node::new(Class::PgClass, row.relation)),
        stage: Stage::Policy,
        text: Text::Statements(vec![statement]),
        after: Vec::new(),
        has_checked_body: false,
    }
}
