//! Text of foreign origin, made safe for a terminal.
//!
//! Names, defaults and function bodies come from a database that others may write to. A control character in them
//! could move the cursor, hide a line or set the title of the window; a change of the writing direction could show a
//! name that is not the name.

use std::borrow::Cow;
use std::fmt::Write as _;

/// `text` on one line, with control characters and marks of writing direction as escapes: `\n`, `\t`, `\u{1b}`.
#[must_use]
pub fn one_line(text: &str) -> Cow<'_, str> {
    escape(text, |_| false)
}

/// As [`one_line`], but line breaks stay.
#[must_use]
pub fn lines(text: &str) -> Cow<'_, str> {
    escape(text, |character| character == '\n')
}

fn escape(text: &str, keep: impl Fn(char) -> bool) -> Cow<'_, str> {
    let must_go = |character: char| is_unsafe(character) && !keep(character);
    if !text.contains(must_go) {
        return Cow::Borrowed(text);
    }
    let mut safe = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if must_go(character) {
            safe.extend(character.escape_default());
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// JSON with the characters that JSON lets through, but a terminal acts on, as `\u` escapes: the same document.
#[must_use]
pub fn json(document: &str) -> Cow<'_, str> {
    let must_go =
        |character: char| is_unsafe(character) && !character.is_ascii_control() || character == '\u{7f}';
    if !document.contains(must_go) {
        return Cow::Borrowed(document);
    }
    let mut safe = String::with_capacity(document.len() + 8);
    for character in document.chars() {
        if must_go(character) {
            // All of them lie in the basic plane; writing to a string cannot fail.
            let _ = write!(safe, "\\u{:04x}", u32::from(character));
        } else {
            safe.push(character);
        }
    }
    Cow::Owned(safe)
}

/// Control characters (C0, DEL, C1), line and paragraph separators, and marks that change the writing direction.
fn is_unsafe(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{061c}' | '\u{feff}'
        )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r71_what_a_terminal_acts_on_is_escaped() {
        assert_eq!(one_line("a\u{1b}[31mred\u{7}"), "a\\u{1b}[31mred\\u{7}");
        assert_eq!(one_line("two\nlines\r\n"), "two\\nlines\\r\\n");
        assert_eq!(one_line("\u{9b}2J \u{202e}txet"), "\\u{9b}2J \\u{202e}txet");
        assert_eq!(lines("two\nlines\r"), "two\nlines\\r");
    }

    #[test]
    fn c12_letters_of_all_scripts_stay() {
        for text in ["таблица", "جدول", "表", "é", "a\u{301}"] {
            assert!(matches!(one_line(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn r71_json_stays_the_same_document() {
        let value = serde_json::json!({"name": "\u{9b}2J\u{7f}\u{202e}\u{1b}x"});
        let text = value.to_string();
        let safe = json(&text);
        assert!(safe.is_ascii());
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
        assert_eq!(json("{\n  \"a\": 1\n}\n"), "{\n  \"a\": 1\n}\n");
    }
}
