//! The names that PostgreSQL makes up: of constraints, indexes and sequences that the SQL does not name.
//!
//! Ports of `makeObjectName`, `ChooseRelationName`, `ChooseConstraintName`, `ChooseIndexNameAddition` and
//! `ChooseIndexColumnNames` in PostgreSQL's `indexcmds.c` and `pg_constraint.c`; the same from 12 to 18.

use crate::core::name::{Identifier, MAX_IDENTIFIER_BYTES};

/// The first name of `{table}_{addition}_{label}`, `{table}_{addition}_{label}1`, ... that is not taken.
pub fn choose(
    table: &Identifier,
    addition: Option<&str>,
    label: &str,
    taken: impl Fn(&Identifier) -> bool,
) -> Identifier {
    let mut attempt = make(table.as_str(), addition, label);
    let mut number = 0_u32;
    while taken(&attempt) {
        number += 1;
        attempt = make(table.as_str(), addition, &format!("{label}{number}"));
    }
    attempt
}

/// Joins table, addition and label by underscores, and cuts the longer of the first two until all fits.
fn make(table: &str, addition: Option<&str>, label: &str) -> Identifier {
    let underscores = 1 + usize::from(addition.is_some());
    let available = MAX_IDENTIFIER_BYTES.saturating_sub(label.len() + underscores);
    let (mut first, mut second) = (table.len(), addition.map_or(0, str::len));
    while first + second > available {
        if first > second { first -= 1 } else { second -= 1 }
    }
    let table = prefix(table, first);
    Identifier::new(&match addition {
        Some(addition) => format!("{table}_{}_{label}", prefix(addition, second)),
        None => format!("{table}_{label}"),
    })
}

/// The longest prefix of at most `bytes` bytes that ends between two characters (`pg_mbcliplen`).
fn prefix(text: &str, bytes: usize) -> &str {
    let mut end = text.len().min(bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

/// The addition for an index, a key or a foreign key: the columns joined by underscores, once it is longer than any
/// name no further ones.
#[must_use]
pub fn addition(columns: &[Identifier]) -> String {
    let mut joined = String::new();
    for column in columns {
        if !joined.is_empty() {
            joined.push('_');
        }
        joined.push_str(column.as_str());
        if joined.len() > MAX_IDENTIFIER_BYTES {
            break;
        }
    }
    joined
}

/// The names of an index's columns: each key's own name (`expr` where an expression has none), numbered where it
/// repeats one before it.
pub fn index_columns(names: impl Iterator<Item = Option<String>>) -> Vec<Identifier> {
    let mut columns: Vec<Identifier> = Vec::new();
    for name in names {
        let name = name.unwrap_or_else(|| "expr".to_owned());
        let mut candidate = Identifier::new(&name);
        let mut number = 0_u32;
        while columns.contains(&candidate) {
            number += 1;
            let digits = number.to_string();
            let kept = prefix(&name, MAX_IDENTIFIER_BYTES - digits.len());
            candidate = Identifier::new(&format!("{kept}{digits}"));
        }
        columns.push(candidate);
    }
    columns
}
