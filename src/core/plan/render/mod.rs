//! A plan as text: SQL that psql runs, a page for a review. The document for programs is in `report/plan`.

use std::fmt::Write as _;

pub mod markdown;
pub mod sql;

/// `text` on one line, so that nothing of it leaves a comment: control characters and marks of writing direction are
/// escaped.
fn one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for c in text.chars() {
        let is_unsafe = c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{200e}' | '\u{200f}' | '\u{061c}')
            || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if is_unsafe {
            line.extend(c.escape_default());
        } else {
            line.push(c);
        }
    }
    line
}

/// `1 statement`, `2 statements`.
fn count(number: usize, noun: &str) -> String {
    let mut text = format!("{number} {noun}");
    if number != 1 {
        // Writing to a string cannot fail.
        let _ = write!(text, "s");
    }
    text
}
