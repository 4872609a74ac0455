//! Who allows it: a person at a terminal, or an option.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use super::apply_to;
use crate::command::{Documents, Outcome};
use crate::support::Database;

#[test]
fn without_a_terminal_and_without_leave_nothing_is_touched() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    let outcome = apply_to(&database).features(documents.path()).run();
    assert_eq!(outcome.code, 2, "{}", outcome.stderr);
    assert!(
        outcome.stderr.contains("--yes") && outcome.stderr.contains("--expect-plan"),
        "{}",
        outcome.stderr
    );
    assert_eq!(database.query("select relname from pg_class where relname = 'a'"), [""; 0]);
}

/// Runs it at a terminal, where a person answers.
///
/// `script` gives up what the terminal has not delivered 10 ms after the end of its command, so the
/// command stays until all of it was read.
fn at_a_terminal(database: &Database, documents: &Documents, answer: &str) -> Outcome {
    const ENDED: &str = "\r\nended with ";
    let apply =
        format!("{} apply --features {}", env!("CARGO_BIN_EXE_schema-audit"), documents.path().display());
    let command = format!("trap : INT; {apply}; printf '\\nended with %s.\\n' $?; read -r _");
    let mut child = Command::new("script")
        .args(["-q", "-c", &command, "/dev/null"])
        .env("SHELL", "/bin/sh")
        .env("DATABASE_URL", database.url())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("script is installed (util-linux)");
    let (mut stdin, mut stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
    let mut shown = String::new();
    let mut read_until = |is_there: &dyn Fn(&str) -> bool| {
        let mut byte = [0];
        while !is_there(&shown) {
            assert_eq!(stdout.read(&mut byte).unwrap(), 1, "{shown}");
            assert!(byte.is_ascii(), "{shown}");
            shown.push(char::from(byte[0]));
        }
    };
    read_until(&|shown| shown.contains("Type yes to run this") && shown.ends_with(":\r\n"));
    stdin.write_all(answer.as_bytes()).unwrap();
    read_until(&|shown| shown.contains(ENDED) && shown.ends_with(".\r\n"));
    stdin.write_all(b"\n").unwrap();
    child.wait().unwrap();
    let (stdout, code) = shown.split_once(ENDED).unwrap();
    let code = code.trim_end_matches(".\r\n").parse().unwrap();
    Outcome { code, stdout: stdout.to_owned(), stderr: String::new() }
}

#[test]
fn at_a_terminal_only_yes_is_yes() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    for answer in ["y\n", "no\n", "\n", "\u{3}"] {
        let outcome = at_a_terminal(&database, &documents, answer);
        assert_eq!(outcome.code, 1, "{answer:?}: {}", outcome.stdout);
        assert!(outcome.stdout.contains("Type yes to run this on the database"), "{}", outcome.stdout);
        assert!(outcome.stdout.contains("nothing was touched"), "{}", outcome.stdout);
        assert_eq!(database.query("select to_regclass('a')"), [""]);
    }
    let outcome = at_a_terminal(&database, &documents, "yes\n");
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert_eq!(database.query("select to_regclass('a')"), ["a"]);
}
