//! Text for people on a terminal: colours, widths in its columns, sections with a line between them.

use anstyle::{AnsiColor, Style};
use unicode_width::UnicodeWidthStr;

pub(super) const HEADING: Style = Style::new().bold();
pub(super) const DIM: Style = Style::new().dimmed();
pub(super) const GOOD: Style = AnsiColor::Green.on_default();
pub(super) const BAD: Style = AnsiColor::Red.on_default();
pub(super) const DOUBTFUL: Style = AnsiColor::Yellow.on_default();

pub(super) fn styled(style: Style, text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("{style}{text}{style:#}") }
}

/// `text`, filled with spaces to a width in columns of a terminal; wide letters take two.
pub(super) fn pad(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.width());
    format!("{text}{}", " ".repeat(missing))
}

/// The lines of each section, with an empty one between two, and a line break at the end; an empty section is left out.
pub(super) fn sections(sections: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut text = String::new();
    for lines in sections.into_iter().filter(|lines| !lines.is_empty()) {
        if !text.is_empty() {
            text.push('\n');
        }
        for line in lines {
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text
}
