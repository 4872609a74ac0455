//! What to do after an audit, as commands to copy.

use super::look::Arguments;
use crate::core::audit::report::Report;
use crate::report::table::Detail;

/// Pairs of a sentence and a command, for what this report shows. A command never holds a connection string.
pub(super) fn next_steps(report: &Report, arguments: &Arguments, detail: Detail) -> Vec<(String, String)> {
    let mut steps = Vec::new();
    if report.summary.missing + report.summary.different > 0 {
        steps.push(("See the SQL that puts it right".to_owned(), again("plan", arguments, &[])));
    }
    if detail != Detail::All && report.findings.iter().any(|finding| finding.because_of.is_some()) {
        steps.push((
            "See every component on a line of its own".to_owned(),
            again("audit", arguments, &["--all"]),
        ));
    }
    steps
}

/// The same question to a command, with more options.
fn again(command: &str, arguments: &Arguments, more: &[&str]) -> String {
    let mut words = vec!["schema-audit".to_owned(), command.to_owned()];
    for path in &arguments.features {
        words.extend(["--features".to_owned(), quoted(&path.to_string_lossy())]);
    }
    if let Some(url) = &arguments.features_from_url {
        // A reference to a variable may be shown, a URL may not.
        let shown = if url.starts_with('$') { url.as_str() } else { "$FEATURES_FROM_URL" };
        words.extend(["--features-from-url".to_owned(), quoted(shown)]);
    }
    for schema in &arguments.features_from_schema {
        words.extend(["--features-from-schema".to_owned(), quoted(schema)]);
    }
    for feature in &arguments.feature {
        words.extend(["--feature".to_owned(), quoted(feature)]);
    }
    if let Some(schema) = &arguments.schema {
        words.extend(["--schema".to_owned(), quoted(schema)]);
    }
    if arguments.owners {
        words.push("--owners".to_owned());
    }
    // The URL itself may hold a password.
    let url = &arguments.connection.database_url;
    if url.is_some() && *url != std::env::var("DATABASE_URL").ok() {
        words.extend(["--database-url".to_owned(), "URL".to_owned()]);
    }
    words.extend(more.iter().map(|word| (*word).to_owned()));
    words.join(" ")
}

/// A word as a POSIX shell takes it.
fn quoted(word: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || "_./:=@%+,-".contains(character);
    if !word.is_empty() && word.chars().all(plain) {
        word.to_owned()
    } else {
        format!("'{}'", word.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_survive_the_shell() {
        for (word, expected) in
            [("a/b.sql", "a/b.sql"), ("two words", "'two words'"), ("it's", r"'it'\''s'"), ("", "''")]
        {
            assert_eq!(quoted(word), expected);
        }
    }
}
