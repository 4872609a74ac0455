//! What to do after an audit, as commands to copy.

use std::path::Path;

use super::audit::Arguments;
use crate::core::audit::finding::State;
use crate::core::audit::report::{FeatureState, Report};
use crate::core::problem::Severity;
use crate::report::table::Detail;

/// Pairs of a sentence and a command, for what this report shows. A command never holds a connection string.
pub(super) fn next_steps(
    report: &Report,
    arguments: &Arguments,
    detail: Detail,
    by_url: bool,
) -> Vec<(String, String)> {
    let mut steps = Vec::new();
    // The files hold no schema of their own, so that with `--schema` they would go elsewhere.
    let absent = absent_feature_with_files(report).filter(|_| arguments.look.schema.is_none());
    if let Some((feature, files)) = absent {
        let files: Vec<String> = files.iter().map(|file| format!("-f {}", quoted(file))).collect();
        let database = if by_url { " \"$DATABASE_URL\"" } else { "" };
        steps.push((
            format!("Create the feature {feature}, of which nothing is there"),
            format!("psql{database} -v ON_ERROR_STOP=1 {}", files.join(" ")),
        ));
    }
    if detail != Detail::All && report.findings.iter().any(|finding| finding.because_of.is_some()) {
        steps.push(("See every component on a line of its own".to_owned(), again(arguments, &["--all"])));
    }
    if steps.is_empty() && report.summary.missing > 0 {
        let command = again(arguments, &["--format", "json"]) + " | jq .missing";
        steps.push(("Get the names of what is missing, for a script".to_owned(), command));
    }
    steps
}

/// The first feature that is absent, and its SQL files in the order in which they declare things. `psql` would stop in
/// the middle of a file that could not be read, so such a file is not proposed.
fn absent_feature_with_files(report: &Report) -> Option<(&str, Vec<&str>)> {
    let errors = report.problems.iter().filter(|problem| problem.severity == Severity::Error);
    let broken: Vec<&str> =
        errors.filter_map(|problem| problem.position.as_ref()).map(|at| at.source.as_ref()).collect();
    let absent = report.features.iter().filter(|result| result.state == FeatureState::Absent);
    absent
        .map(|result| {
            let missing = report.findings.iter().filter(|finding| {
                finding.state == State::Missing && finding.features.first() == Some(&result.feature)
            });
            let mut files: Vec<&str> = Vec::new();
            for source in missing.filter_map(|finding| finding.position.as_ref()).map(|at| at.source.as_ref())
            {
                if !files.contains(&source) {
                    files.push(source);
                }
            }
            // A directory of migrations is read in the order of names.
            files.sort_unstable();
            (result.feature.name.as_ref(), files)
        })
        .find(|(_, files)| {
            !files.is_empty() && files.iter().all(|file| Path::new(file).is_file() && !broken.contains(file))
        })
}

/// The same audit with other options.
fn again(arguments: &Arguments, more: &[&str]) -> String {
    let arguments = &arguments.look;
    let mut words = vec!["schema-audit".to_owned(), "audit".to_owned()];
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
