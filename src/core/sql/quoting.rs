//! Quoting for SQL text that this program sends: one function for identifiers, one for literals, both the ports of
//! libpq's that the driver's repository keeps.

use crate::core::name::{Identifier, QualifiedName};

/// `name` as an identifier, always in double quotes.
#[must_use]
pub fn identifier(name: &Identifier) -> String {
    postgres_protocol::escape::escape_identifier(name.as_str())
}

/// A qualified name, both parts in double quotes.
#[must_use]
pub fn qualified(name: &QualifiedName) -> String {
    format!("{}.{}", identifier(&name.schema), identifier(&name.name))
}

/// `text` as a string literal, whatever `standard_conforming_strings` says.
#[must_use]
pub fn literal(text: &str) -> String {
    // The port puts a space before an escape string (` E'...'`), which separates it from what comes before.
    postgres_protocol::escape::escape_literal(text)
}

/// Texts as one `text[]` literal without a cast: `'{"a","b"}'`.
#[must_use]
pub fn text_array<'a>(texts: impl Iterator<Item = &'a str>) -> String {
    let mut array = "{".to_owned();
    for (position, text) in texts.enumerate() {
        array.push_str(if position == 0 { "\"" } else { ",\"" });
        for character in text.chars() {
            if matches!(character, '\\' | '"') {
                array.push('\\');
            }
            array.push(character);
        }
        array.push('"');
    }
    array.push('}');
    literal(&array)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_texts_survive_quotes_and_backslashes() {
        assert_eq!(qualified(&QualifiedName::new("public", "we\"ird")), r#""public"."we""ird""#);
        assert_eq!(literal("it's"), "'it''s'");
        assert_eq!(text_array(["a", "b\"c", "d\\e"].into_iter()), r#" E'{"a","b\\"c","d\\\\e"}'"#);
    }
}
