//! Comments, on whatever has one.

use crate::core::generate::row::Comment;

/// COMMENT ON; `None` for what SQL cannot comment on. The kinds are those of `getObjectTypeDescription` in
/// PostgreSQL's `objectaddress.c`, which prints names as SQL takes them: a trigger is `name on table`.
pub fn comment(row: &Comment) -> Option<String> {
    let Comment { class: _, oid: _, kind, identity, text } = row;
    let object = match kind.as_str() {
        "table column"
        | "view column"
        | "materialized view column"
        | "foreign table column"
        | "composite type column" => format!("COLUMN {identity}"),
        "table constraint" => format!("CONSTRAINT {identity}"),
        "domain constraint" => {
            let (name, domain) = identity.rsplit_once(" on ")?;
            format!("CONSTRAINT {name} ON DOMAIN {domain}")
        }
        "statistics object" => format!("STATISTICS {identity}"),
        "schema"
        | "table"
        | "view"
        | "materialized view"
        | "foreign table"
        | "index"
        | "sequence"
        | "type"
        | "function"
        | "procedure"
        | "aggregate"
        | "trigger"
        | "policy"
        | "rule"
        | "event trigger"
        | "publication"
        | "collation"
        | "operator"
        | "operator class"
        | "operator family"
        | "cast"
        | "server"
        | "foreign-data wrapper"
        | "text search configuration"
        | "text search dictionary"
        | "text search parser"
        | "text search template" => {
            let words = if kind == "foreign-data wrapper" {
                "FOREIGN DATA WRAPPER".to_owned()
            } else {
                kind.to_uppercase()
            };
            format!("{words} {identity}")
        }
        _ => return None,
    };
    Some(format!("COMMENT ON {object} IS {text}"))
}
