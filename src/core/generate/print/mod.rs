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

use crate::core::name::Identifier;
use crate::core::sql::{generated_name, quoting};

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

/// The name with which PostgreSQL would call the sequence of a column.
fn sequence_name(table: &str, column: &str) -> String {
    generated_name::choose(&Identifier::new(table), Some(column), "seq", |_| false).as_str().to_owned()
}
