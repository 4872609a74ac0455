//! What help texts and documents say of the command line, held against it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use clap::CommandFactory as _;

use super::*;

/// The documents for users.
fn documents() -> Vec<(PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut paths: Vec<PathBuf> =
        ["README.md", "CHANGELOG.md", "SECURITY.md", "examples/sales-flow/README.md"]
            .map(|path| root.join(path))
            .to_vec();
    for entry in fs::read_dir(root.join("docs")).unwrap() {
        paths.push(entry.unwrap().path());
    }
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "md"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The code in a document of Markdown: the lines of its blocks for a shell, and what stands in single backticks.
fn code(text: &str) -> Vec<String> {
    let mut code = Vec::new();
    for (nth, part) in text.split("```").enumerate() {
        if nth % 2 == 0 {
            code.extend(part.split('`').skip(1).step_by(2).map(|inline| inline.replace('\n', " ")));
        } else if let Some(block) = part.strip_prefix("sh\n") {
            code.extend(block.replace("\\\n", " ").lines().map(str::to_owned));
        }
    }
    code
}

/// The words of a command as a shell makes them, up to where it ends.
fn words(command: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), None::<String>, None);
    for letter in command.chars() {
        match (quote, letter) {
            (Some(open), _) if open == letter => quote = None,
            (None, '\'' | '"') => {
                quote = Some(letter);
                word.get_or_insert_default();
            }
            (None, '|' | '>' | '<' | '#' | ';' | '&' | ')') => break,
            (None, ' ') => words.extend(word.take()),
            (Some(_) | None, _) => word.get_or_insert_default().push(letter),
        }
    }
    words.extend(word);
    words
}

/// Why a command is none of this program; a value that stands for another one, or what is left out, is no mistake.
fn mistake(command: &str) -> Option<String> {
    let error = CommandLine::try_parse_from(words(command)).err()?;
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::MissingRequiredArgument
        | ErrorKind::ValueValidation => None,
        ErrorKind::InvalidValue if stands_for_another(&error) => None,
        _ => Some(format!("{command}\n{error}")),
    }
}

/// Whether the value that is refused is left out, as in a list of options, or in capitals.
fn stands_for_another(error: &clap::Error) -> bool {
    let value = error.get(ContextKind::InvalidValue);
    matches!(value, Some(ContextValue::String(value)) if value.chars().all(|letter| letter.is_ascii_uppercase()))
}

fn commands(texts: impl IntoIterator<Item = String>) -> Vec<String> {
    let start = |text: String| {
        text.find("schema-audit ").map(|at| (text[..at].trim().to_owned(), text[at..].to_owned()))
    };
    let is_ours = |before: &str| matches!(before, "" | "source <(");
    texts
        .into_iter()
        .filter_map(start)
        .filter(|(before, _)| is_ours(before))
        .map(|(_, command)| command)
        .collect()
}

#[test]
fn the_commands_in_documents_are_those_of_the_program() {
    let mut checked = 0;
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        let commands = commands(code(&text));
        checked += commands.len();
        wrong.extend(
            commands
                .iter()
                .filter_map(|command| mistake(command))
                .map(|it| format!("{}: {it}", path.display())),
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked > 30, "only {checked} commands were found");
}

#[test]
fn the_options_that_documents_speak_of_are_those_of_the_program() {
    let mut known = BTreeSet::from(["help".to_owned(), "version".to_owned()]);
    for command in CommandLine::command().get_subcommands() {
        known.extend(command.get_arguments().filter_map(|argument| argument.get_long()).map(str::to_owned));
    }
    let mut wrong = Vec::new();
    for (path, text) in documents() {
        // What starts with "-- " is a comment of SQL.
        for inline in code(&text).iter().filter(|code| code.starts_with("--") && !code.starts_with("-- ")) {
            for option in inline.split(' ').filter_map(|word| word.strip_prefix("--")) {
                let name = option.split('=').next().unwrap_or_default();
                if !known.contains(name) {
                    wrong.push(format!("{}: --{name}", path.display()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_examples_in_help_texts_work_and_fit_a_terminal_of_80_columns() {
    let mut wrong = Vec::new();
    let program = CommandLine::command();
    for command in std::iter::once(&program).chain(program.get_subcommands()) {
        for help in [command.get_after_help(), command.get_after_long_help()].into_iter().flatten() {
            let help = help.to_string();
            let lines: Vec<String> = help.lines().map(|line| line.trim().to_owned()).collect();
            wrong.extend(help.lines().filter(|line| line.chars().count() > 80).map(str::to_owned));
            wrong.extend(commands(lines).iter().filter_map(|command| mistake(command)));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_path_without_its_option_is_told_of_it() {
    for command in ["audit", "plan", "apply"] {
        let error = CommandLine::try_parse_from(["schema-audit", command, "README.md"]).unwrap_err();
        assert_eq!(tip(&error).unwrap(), "to name a feature document, use '--features README.md'");
    }
    for words in [["schema-audit", "audit", "no-such-file"], ["schema-audit", "audit", "--no-such-option"]] {
        assert_eq!(tip(&CommandLine::try_parse_from(words).unwrap_err()), None);
    }
}
