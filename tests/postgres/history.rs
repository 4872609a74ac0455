//! A history of statements, folded, declares what a database holds in which it ran: all of it, and nothing else.

use std::collections::BTreeSet;
use std::sync::Arc;

use schema_audit::core::audit::requirement::Requirements;
use schema_audit::core::feature::Source;
use schema_audit::core::name::Identifier;
use schema_audit::core::problem::Severity;
use schema_audit::core::sql::parse::on_big_stack;
use schema_audit::core::sql::split::read;

use crate::round_trip::{audit, require, told};
use crate::support::{Database, postgres};

/// Every object of the users of a database, as reports name it, functions without their arguments.
const OBJECTS: &str = include_str!("objects.sql");

/// What the database holds and the history does not declare.
fn forgotten(database: &Database, requirements: &Requirements) -> Vec<String> {
    let without_arguments = |printed: String| match printed.split_once('(') {
        Some((name, _)) if printed.starts_with("function/") => name.to_owned(),
        _ => printed,
    };
    let declared: BTreeSet<String> =
        requirements.components.keys().map(|id| without_arguments(id.to_string())).collect();
    // The server puts keywords in quotes, reports do not.
    let objects = database.query(OBJECTS).into_iter().map(|object| unquoted(&object));
    objects.filter(|object| !declared.contains(object)).map(|object| format!("Forgotten {object}")).collect()
}

/// A name without the quotes that the server puts around keywords.
fn unquoted(printed: &str) -> String {
    let parts = printed.split('"').enumerate().map(|(at, part)| {
        let quotes = if at % 2 == 1 && !Identifier::new(part).is_plain() { "\"" } else { "" };
        format!("{quotes}{part}{quotes}")
    });
    parts.collect()
}

/// Runs a file as psql would: each statement for itself, so that its own BEGIN and ROLLBACK count.
fn run(database: &Database, name: &str, text: &str) {
    let session = database.session();
    let source = Source { name: Arc::from(name), text: Arc::from(text) };
    let mut ranges = Vec::new();
    let problems = on_big_stack(|| read(&source, &mut |statement| ranges.push(statement.range)));
    assert_eq!(problems, [], "{name}");
    for range in ranges {
        session.execute(&text[range]);
    }
}

/// What is not as it was folded, in a database in which the files of a history ran.
async fn wrong(files: &[(String, String)]) -> Vec<String> {
    let database = Database::new();
    for (name, text) in files {
        run(&database, name, text);
    }
    let sources: Vec<(&str, &str)> =
        files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let requirements = require(&sources);
    let report = audit(&database, &requirements).await;
    let mut wrong = told(&report);
    wrong.extend(forgotten(&database, &requirements));
    // The server took every statement, so that none may be called wrong.
    let refused = requirements.problems.iter().filter(|problem| problem.severity == Severity::Error);
    wrong.extend(refused.map(|problem| format!("Refused {problem}")));
    wrong
}

#[tokio::test]
async fn p15_a_history_declares_what_it_leaves_behind() {
    let histories = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/postgres/histories.sql");
    let histories = std::fs::read_to_string(histories).unwrap();
    let version = postgres().session("postgres").query("show server_version_num").concat();
    let major = version.parse::<u32>().unwrap() / 10_000;
    let mut all = Vec::new();
    for history in histories.split("\n------ ").skip(1) {
        let (title, text) = history.split_once('\n').unwrap();
        let since = title.split_once("since ").map_or(12, |(_, major)| major.parse::<u32>().unwrap());
        if major < since {
            continue;
        }
        let found = wrong(&[("history.sql".to_owned(), text.to_owned())]).await;
        all.extend(found.into_iter().map(|finding| format!("{title}: {finding}")));
    }
    assert_eq!(all, [""; 0], "{}", all.join("\n"));
}

#[tokio::test]
#[ignore = "it needs a directory of .sql files in HISTORY, which are run in the order of their names"]
async fn a_history_of_files_declares_what_it_leaves_behind() {
    let directory = std::env::var("HISTORY").unwrap();
    let mut files: Vec<(String, String)> = std::fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "sql"))
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, std::fs::read_to_string(path).unwrap())
        })
        .collect();
    files.sort();
    let found = wrong(&files).await;
    assert_eq!(found, [""; 0], "{}", found.join("\n"));
}
