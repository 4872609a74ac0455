//! What stands in SQL files and is no SQL: commands of psql, sections of migration tools, data of COPY, placeholders of
//! templates.

/// What a command of psql means for reading the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Command {
    /// Nothing: it sets a variable, prints, changes the display.
    Harmless,
    /// It ends and runs the statement before it, like a semicolon; with words for what it does besides.
    EndsStatement(Option<String>),
    /// It does what is not modelled, in these words.
    NotModelled(String),
}

/// Reads a psql command, from its backslash to the end of the line.
pub(super) fn psql_command(line: &str) -> Command {
    let word = line[1..].split(|c: char| c.is_whitespace() || c == ';').next().unwrap_or_default();
    if line.starts_with("\\;") {
        return Command::EndsStatement(None);
    }
    match word {
        "g" | "gx" => Command::EndsStatement(None),
        "gexec" | "gset" | "gdesc" | "crosstabview" | "watch" => {
            Command::EndsStatement(Some(format!("psql's \\{word}")))
        }
        "c" | "connect" | "i" | "include" | "ir" | "include_relative" | "copy" | "!" | "lo_import" => {
            Command::NotModelled(format!("psql's \\{}", line[1..].trim()))
        }
        "if" | "elif" | "else" | "endif" => {
            Command::NotModelled(format!("psql's \\{word}, so that every branch counts"))
        }
        // The display and the session: \set, \echo, \timing, \pset, \restrict, \q, \. and all the others.
        _ => Command::Harmless,
    }
}

/// A section of a migration file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    /// What the migration does.
    Up,
    /// What undoes it.
    Down,
}

/// The section that a line comment starts: goose, sql-migrate, dbmate, node-pg-migrate, a sqitch script for reverting.
pub(super) fn section(comment: &str) -> Option<Section> {
    let text = comment.trim_start_matches('-').trim().to_ascii_lowercase();
    let mut words = text.split_whitespace();
    match (words.next()?, words.next(), words.next(), words.next()) {
        ("+goose" | "+migrate", Some("up"), ..) | ("migrate:up", ..) | ("up", Some("migration"), None, _) => {
            Some(Section::Up)
        }
        ("+goose" | "+migrate", Some("down"), ..)
        | ("migrate:down", ..)
        | ("down", Some("migration"), None, _)
        | ("revert", Some(_), Some("from"), Some(_)) => Some(Section::Down),
        _ => None,
    }
}

/// Where the next section of the other direction starts, after a comment that started a section to leave out: the
/// offset of its line, or the end of the text.
pub(super) fn end_of_section(text: &str, from: usize) -> usize {
    let mut at = from;
    for line in text[from..].split_inclusive('\n') {
        let trimmed = line.trim();
        if trimmed.starts_with("--") && section(trimmed) == Some(Section::Up) {
            return at;
        }
        at += line.len();
    }
    text.len()
}

/// Where the data of a COPY ... FROM stdin end: after the line that holds `\.` alone. `None` where there is none.
/// `from` is a place in the line of the statement's end.
pub(super) fn end_of_copy_data(text: &str, from: usize) -> Option<usize> {
    let first = from + text[from..].find('\n')? + 1;
    let mut at = first;
    for line in text[first..].split_inclusive('\n') {
        at += line.len();
        if line.trim_end_matches(['\n', '\r']) == "\\." {
            return Some(at);
        }
    }
    None
}

/// The placeholder of a template or of psql that starts here, where the grammar refused the text: `${x}`, `$(x)`,
/// `{{ x }}`, `{x}`, `:x`, `:'x'`, `:"x"`.
pub(super) fn placeholder(text: &str) -> Option<&str> {
    let line = text.lines().next()?;
    let up_to = |closing: &str| line.find(closing).map(|at| &line[..at + closing.len()]);
    let mut characters = line.chars();
    match (characters.next()?, characters.next()?) {
        ('$', '(') => up_to(")"),
        ('{', '{') => up_to("}}"),
        ('{', '%') => up_to("%}"),
        ('$' | '#', '{') | ('{', _) => up_to("}"),
        ('<', '%') => up_to("%>"),
        (':', quote @ ('\'' | '"')) => line[2..].find(quote).map(|at| &line[..at + 3]),
        (':', letter) if letter.is_alphabetic() || letter == '_' => {
            let end = line[1..].find(|c: char| !c.is_alphanumeric() && c != '_');
            Some(end.map_or(line, |end| &line[..=end]))
        }
        _ => None,
    }
}

/// A placeholder of a template inside of a quoted identifier, and where: PostgreSQL would take it for a name. Templates
/// in strings may be data.
pub(super) fn placeholder_in_name(name: &str) -> Option<(usize, &str)> {
    let starts = ["${", "{{", "{%", "<%", "#{"].map(|opening| name.find(opening));
    let start = starts.into_iter().flatten().min()?;
    placeholder(&name[start..]).map(|found| (start, found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p13_placeholders_are_named_whole() {
        for (text, expected) in [
            ("${schema}.users", Some("${schema}")),
            ("$(schema).users", Some("$(schema)")),
            ("{{ name }} x", Some("{{ name }}")),
            ("{% if x %}", Some("{% if x %}")),
            ("{name} x", Some("{name}")),
            (":owner;", Some(":owner")),
            (":'owner'", Some(":'owner'")),
            (":é ", Some(":é")),
            ("::text", None),
            (":= 1", None),
            ("$x", None),
            ("{", None),
            ("", None),
        ] {
            assert_eq!(placeholder(text), expected, "{text}");
        }
    }

    #[test]
    fn p13_placeholders_in_names_are_found() {
        for (name, expected) in [
            ("\"${schema}\"", Some((1, "${schema}"))),
            ("\"a_{{ n }}\"", Some((3, "{{ n }}"))),
            ("\"<%= n %>\"", Some((1, "<%= n %>"))),
            ("\"a {b} $c :d\"", None),
            ("\"{{\"", None),
        ] {
            assert_eq!(placeholder_in_name(name), expected, "{name}");
        }
    }

    #[test]
    fn p13_sections_that_undo_are_told_from_those_that_do() {
        for (comment, expected) in [
            ("-- +goose Up", Some(Section::Up)),
            ("-- +goose Down", Some(Section::Down)),
            ("-- +goose StatementBegin", None),
            ("-- +migrate Down", Some(Section::Down)),
            ("-- migrate:up transaction:false", Some(Section::Up)),
            ("-- migrate:down", Some(Section::Down)),
            ("-- Down Migration", Some(Section::Down)),
            ("-- Revert shop:users from pg", Some(Section::Down)),
            ("-- down the road", None),
        ] {
            assert_eq!(section(comment), expected, "{comment}");
        }
    }

    #[test]
    fn p13_commands_of_psql_that_change_the_schema_are_said() {
        for (line, expected) in [
            ("\\set ON_ERROR_STOP on", Command::Harmless),
            ("\\restrict abc", Command::Harmless),
            ("\\.", Command::Harmless),
            ("\\g", Command::EndsStatement(None)),
            ("\\; select", Command::EndsStatement(None)),
            ("\\gexec", Command::EndsStatement(Some("psql's \\gexec".into()))),
            ("\\i more.sql", Command::NotModelled("psql's \\i more.sql".into())),
            ("\\", Command::Harmless),
        ] {
            assert_eq!(psql_command(line), expected, "{line}");
        }
    }
}
