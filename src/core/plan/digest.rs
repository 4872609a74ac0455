//! The digest of a plan: what an approval is bound to.

use sha2::{Digest as _, Sha256};

use super::{PlannedStatement, Segment, Settings, Terms};

/// What is hashed; another number for another way of hashing.
const SCHEME: &str = "schemaaudit.dev/plan/1";

/// The digest of what would run: `sha256:` and 64 hexadecimal digits. It covers the statements byte by byte, the
/// transactions that they run in, their settings, and the terms, where there are some; nothing of where the SQL came from.
pub(super) fn digest(segments: &[Segment], settings: &Settings, terms: Option<&Terms>) -> String {
    let mut hash = Sha256::new();
    // Each text with its length before it, so that no two lists give the same bytes.
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_be_bytes());
        hash.update(text.as_bytes());
    };
    add(SCHEME);
    for (name, value) in settings.pairs() {
        add(name);
        add(value);
    }
    if let Some(Terms { said, database }) = terms {
        add("terms");
        add(&said.len().to_string());
        for (name, text) in said {
            add(name);
            add(text);
        }
        add(if database.is_some() { "database" } else { "any database" });
        add(database.as_deref().unwrap_or_default());
    }
    for Segment { transactional, statements } in segments {
        add(if *transactional { "transaction" } else { "alone" });
        add(&statements.len().to_string());
        for PlannedStatement { text, search_path, settings, .. } in statements {
            add(text);
            add(&search_path.len().to_string());
            for schema in search_path {
                add(schema.as_str());
            }
            add(&settings.len().to_string());
            for (name, value) in settings.iter() {
                add(name);
                add(value);
            }
        }
    }
    hash.finalize().iter().fold("sha256:".to_owned(), |mut digits, byte| {
        for half in [byte >> 4, byte & 0xf] {
            digits.push(char::from_digit(u32::from(half), 16).unwrap_or_default());
        }
        digits
    })
}
