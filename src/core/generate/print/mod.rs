//! One printer per kind: a row of the catalog to the statements that make the object.
//!
//! Keywords are upper-case, as in what the server itself prints.

pub mod comment;
pub mod function;
pub mod grant;
pub mod index;
pub mod policy;
pub mod schema;
pub mod sequence;
pub mod table;
pub mod trigger;
pub mod type_;
pub mod view;
pub mod words;

use crate::core::generate::object::{Class, Node, Object, Stage, Text};
use crate::core::generate::row::Printed;
use crate::core::name::Identifier;
use crate::core::sql::{generated_name, quoting};

/// An object that cannot be printed, for which its relation's name counts where it is on one.
#[derive(Debug)]
pub struct Unprintable {
    /// Which one.
    pub node: Node,
    /// Its schema.
    pub schema: String,
    /// The name by which it would have been selected.
    pub name: String,
    /// Which one it is, and why.
    pub sentence: String,
}

/// An object of a kind whose query gives whole statements.
pub fn object(row: Printed) -> Object {
    let Printed { class, oid, words, schema, name, relation, relation_name, statements, memberships: _ } =
        row;
    let (words, stage) = match words.as_str() {
        "role" => ("role", Stage::Role),
        "language" => ("language", Stage::Extension),
        "access method" => ("access method", Stage::Extension),
        "user mapping" => ("user mapping", Stage::Extension),
        "conversion" => ("conversion", Stage::Function),
        "foreign-data wrapper" => ("foreign-data wrapper", Stage::Extension),
        "foreign server" => ("foreign server", Stage::Extension),
        "collation" => ("collation", Stage::Type),
        "text search parser" => ("text search parser", Stage::Type),
        "text search template" => ("text search template", Stage::Type),
        "text search dictionary" => ("text search dictionary", Stage::Type),
        "text search configuration" => ("text search configuration", Stage::Type),
        "statistics" => ("statistics", Stage::Table),
        "rule" => ("rule", Stage::Trigger),
        "publication" => ("publication", Stage::Publication),
        "event trigger" => ("event trigger", Stage::EventTrigger),
        "aggregate" => ("aggregate", Stage::Function),
        "cast" => ("cast", Stage::Function),
        "operator" => ("operator", Stage::Function),
        "operator family" => ("operator family", Stage::Function),
        "operator class" => ("operator class", Stage::Function),
        _ => ("object", Stage::Function),
    };
    let in_schema = schema.as_deref().unwrap_or_default();
    let (key, name) = match relation_name {
        Some(relation) => (format!("{in_schema}.{relation}"), format!("{relation}.{name}")),
        // Of overloads, the statements tell which is which.
        None => (format!("{in_schema}.{name} {}", statements.first().map_or("", String::as_str)), name),
    };
    Object {
        node: Node::new(class, oid),
        words,
        schema,
        name,
        with: relation.map(|relation| Node::new(Class::PgClass, relation)),
        stage,
        key,
        text: Text::Statements(statements),
        after: Vec::new(),
        has_checked_body: false,
    }
}

/// Storage parameters, each as `name=value` of `pg_class.reloptions`, in the form that WITH takes.
fn parameters(options: &[String]) -> Option<String> {
    let parameters: Vec<String> = options
        .iter()
        .map(|option| match option.split_once('=') {
            Some((name, value)) => format!("{name}={}", parameter(value)),
            None => option.clone(),
        })
        .collect();
    (!parameters.is_empty()).then(|| format!("({})", parameters.join(", ")))
}

/// The value of a parameter: a word or a number as it is, everything else as a text.
fn parameter(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let number = value.parse::<f64>().is_ok();
    let word = value.chars().all(|c| c.is_ascii_lowercase());
    if !value.is_empty() && value.chars().all(plain) && (number || word) {
        value.to_owned()
    } else {
        quoting::literal(value).trim_start().to_owned()
    }
}

/// Clauses in parentheses, one on a line.
fn in_lines(items: &[String]) -> String {
    if items.is_empty() { "()".to_owned() } else { format!("(\n    {}\n)", items.join(",\n    ")) }
}

/// The name with which PostgreSQL would call something of a column: its sequence (`seq`), its `NOT NULL` (`not_null`).
fn generated_name(table: &str, column: &str, label: &str) -> String {
    generated_name::choose(&Identifier::new(table), Some(column), label, |_| false).as_str().to_owned()
}
