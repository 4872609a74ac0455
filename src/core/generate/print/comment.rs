//! Comments and owners, of whatever has one.

use super::words::words;
use crate::core::generate::row::{Comment, Owner};

/// COMMENT ON; `None` for kinds that are not printed.
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
        kind => words(kind, identity)?,
    };
    Some(format!("COMMENT ON {object} IS {text}"))
}

/// ALTER ... OWNER TO; `None` for kinds that are not printed.
pub fn owner(row: &Owner) -> Option<String> {
    let Owner { class: _, oid: _, kind, identity, role } = row;
    Some(format!("ALTER {} OWNER TO {role}", words(kind, identity)?))
}
