//! Schemas and extensions.

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::{Extension, Schema};

/// CREATE SCHEMA. That a schema is there already is common: whoever sets up a database makes it.
/// The schema public is there without being made.
pub fn schema(row: Schema) -> Object {
    let is_there = row.is_built_in || row.name == "public";
    let create = (!is_there).then(|| format!("CREATE SCHEMA IF NOT EXISTS {}", row.quoted));
    Object {
        node: Node::new(Class::PgNamespace, row.oid),
        words: "schema",
        schema: Some(row.name.clone()),
        key: row.name.clone(),
        name: row.name,
        with: None,
        stage: Stage::Schema,
        text: Text::Statements(create.into_iter().collect()),
        after: Vec::new(),
        has_checked_body: false,
    }
}

/// CREATE EXTENSION, in any version: the versions at hand differ between servers.
pub fn extension(row: Extension) -> Object {
    let Extension { oid, name, quoted, schema, quoted_schema } = row;
    let place = if schema == "pg_catalog" { String::new() } else { format!(" WITH SCHEMA {quoted_schema}") };
    Object {
        node: Node::new(Class::PgExtension, oid),
        words: "extension",
        schema: None,
        key: name.clone(),
        name,
        with: None,
        stage: Stage::Extension,
        text: Text::Statements(vec![format!("CREATE EXTENSION IF NOT EXISTS {quoted}{place}")]),
        after: Vec::new(),
        has_checked_body: false,
    }
}
