//! Help, usage, and where things are printed.

use std::io::Read;
use std::process::{Command, Stdio};

use crate::command::{Call, Documents, audit, audit_of, call, example};
use crate::support::Database;

#[test]
fn help_and_version_are_results() {
    for argument in ["--version", "--help", "-h"] {
        let outcome = call(argument).run();
        assert_eq!((outcome.code, outcome.stderr.as_str()), (0, ""), "{argument}");
        assert!(outcome.stdout.to_lowercase().contains("audit"), "{}", outcome.stdout);
    }
    let help = call("audit").arguments(&["--help"]).run().stdout;
    for word in ["DATABASE_URL", "--features", "PGHOST", "Examples:", "Exit codes"] {
        assert!(help.contains(word), "{word} is not in\n{help}");
    }
}

#[test]
fn help_does_not_show_the_variable() {
    let help = call("audit").arguments(&["--help"]).environment("DATABASE_URL", "postgres://u:s3cret@h/d");
    assert_eq!(help.secret("s3cret").run().code, 0);
}

#[test]
fn a_mistake_in_the_options_ends_with_code_2() {
    let documents = Documents::new(&[("core.sql", "create table a (id int)")]);
    for arguments in [
        &["--no-such-option"][..],
        &["--timeout", "soon"],
        &["--timeout", "0s"],
        &["--format", "xml"],
        &["--compare", "deeply"],
        &["--schema", ""],
    ] {
        let message = audit().features(documents.path()).arguments(arguments).fail();
        assert!(message.contains(arguments[0]), "{message}");
    }
    assert!(audit().fail().contains("--features"));
}

#[test]
fn a_pipe_is_never_cut_and_never_coloured() {
    let names: Vec<String> = (0..40).map(|number| format!("create table t{number:02} (id int);")).collect();
    let documents = Documents::new(&[("core.sql", &names.concat())]);
    let outcome = audit_of(&Database::new()).features(documents.path()).run();
    assert!(outcome.stdout.contains("t39 (and 1 component on it)"), "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("more") && !outcome.stdout.contains('\u{1b}'), "{}", outcome.stdout);
    let all = audit_of(&Database::new()).features(documents.path()).arguments(&["--all"]).run();
    assert!(all.stdout.contains("t39.id"), "{}", all.stdout);
}

/// On a terminal, which `script` makes.
#[test]
fn a_terminal_gets_colours_and_lists_that_fit() {
    let names: Vec<String> = (0..40).map(|number| format!("create table t{number:02} (id int);")).collect();
    let documents = Documents::new(&[("core.sql", &names.concat())]);
    let database = Database::new();
    let on_terminal = |arguments: &str, variables: &[(&str, &str)]| {
        let binary = env!("CARGO_BIN_EXE_schema-audit");
        let command = format!("'{binary}' audit --features '{}' {arguments}", documents.path().display());
        let output = Command::new("script")
            .args(["--quiet", "--return", "--command", &command, "/dev/null"])
            .env("DATABASE_URL", database.url())
            .env("TERM", "xterm-256color")
            .env_remove("NO_COLOR")
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .output()
            .expect("script of util-linux is installed");
        assert_eq!(output.status.code(), Some(1));
        String::from_utf8(output.stdout).unwrap()
    };
    let text = on_terminal("", &[]);
    assert!(text.contains("t09") && text.contains("... and 30 more") && !text.contains("t10"), "{text}");
    assert!(text.contains("\u{1b}["), "{text}");
    let text = on_terminal("--all", &[("NO_COLOR", "1")]);
    assert!(text.contains("t39.id") && !text.contains("more"), "{text}");
    assert!(!text.contains('\u{1b}'), "{text}");
}

#[test]
fn present_components_are_reported_on_demand() {
    let documents = Documents::new(&[("core.sql", "create table a (id int)")]);
    let database = Database::with("create table a (id int)");
    let count = |arguments: &[&str]| {
        let (_, report) = audit_of(&database).features(documents.path()).arguments(arguments).report();
        report["findings"].as_array().unwrap().len()
    };
    assert_eq!((count(&[]), count(&["--include-present"])), (0, 2));
}

#[test]
fn presence_does_not_compare_shapes() {
    let documents = Documents::new(&[("core.sql", "create table a (id int)")]);
    let database = Database::with("create table a (id bigint)");
    let (code, report) = audit_of(&database).features(documents.path()).report();
    assert_eq!(code, 1);
    assert_eq!(report["findings"][0]["expected"], "type: integer");
    assert_eq!(report["findings"][0]["actual"], "type: bigint");
    let (code, _) =
        audit_of(&database).features(documents.path()).arguments(&["--compare", "presence"]).report();
    assert_eq!(code, 0);
}

#[test]
fn another_schema_can_be_audited() {
    let documents = Documents::new(&[("core.sql", "create table a (id int)")]);
    let database = Database::with("create schema tenant; create table tenant.a (id int)");
    let code =
        |arguments: &[&str]| audit_of(&database).features(documents.path()).arguments(arguments).run().code;
    assert_eq!((code(&[]), code(&["--schema", "tenant"])), (1, 0));
}

#[test]
fn the_same_audit_gives_the_same_bytes() {
    let database = Database::new();
    let report = || audit_of(&database).features(&example("")).arguments(&["--format", "json"]).run().stdout;
    assert_eq!(report(), report());
}

/// `schema-audit audit ... | head -1`: the reader closes the pipe while much is still to be written.
#[test]
fn a_reader_that_has_seen_enough_is_no_failure() {
    let database = Database::new();
    let mut child = Command::new(env!("CARGO_BIN_EXE_schema-audit"))
        .args(["audit", "--all", "--format", "json", "--features"])
        .arg(example(""))
        .env_clear()
        .env("DATABASE_URL", database.url())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn lines_fit_the_terminal_and_break_between_words() {
    const COLUMNS: usize = 90;
    let database = Database::new();
    for file in ["sql/core.sql", "demo-existing.sql"] {
        database.execute(&std::fs::read_to_string(example(file)).unwrap());
    }
    let binary = env!("CARGO_BIN_EXE_schema-audit");
    let features = example("");
    for subcommand in [
        format!("audit --features '{}' --feature compliance --owners", features.display()),
        "diagnose".to_owned(),
        format!(
            "apply --features '{}' --feature compliance --expect-plan sha256:{:064}",
            features.display(),
            0
        ),
    ] {
        let command = format!("stty rows 50 cols {COLUMNS}; '{binary}' {subcommand}");
        let output = Command::new("script")
            .args(["--quiet", "--command", &command, "/dev/null"])
            .env("DATABASE_URL", database.url())
            .env("NO_COLOR", "1")
            .stdin(Stdio::null())
            .output()
            .expect("script of util-linux is installed");
        let text = String::from_utf8(output.stdout).unwrap();
        assert!(text.lines().count() > 2, "{text}");
        for line in text.lines().map(|line| line.trim_end_matches(['\r', ' '])) {
            let is_a_word = !line.trim_start().trim_end_matches(" \\").contains(' ');
            assert!(line.chars().count() <= COLUMNS || is_a_word, "{line}\n{text}");
        }
    }
}

#[test]
fn a_report_goes_to_a_file_without_colours_or_nowhere() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    let file = documents.file("report.txt");
    let to = |call: Call, arguments: &[&str]| {
        let call = call.environment("DATABASE_URL", &database.url()).environment("CLICOLOR_FORCE", "1");
        let outcome = call.arguments(arguments).run();
        assert_eq!((outcome.stdout.as_str(), outcome.stderr.as_str()), ("", ""));
        outcome.code
    };
    let (features, path) = (documents.file("a.sql"), file.to_str().unwrap());
    let audit = || call("audit").arguments(&["-f", features.to_str().unwrap()]);
    assert_eq!(to(audit(), &["--output", path]), 1);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("Not compliant") && !written.contains('\u{1b}'), "{written:?}");
    assert_eq!(to(audit(), &["--output", path, "--format", "json"]), 1);
    serde_json::from_str::<serde_json::Value>(&std::fs::read_to_string(&file).unwrap()).unwrap();
    assert_eq!(to(call("diagnose"), &["--output", path]), 0);
    let written = std::fs::read_to_string(&file).unwrap();
    assert!(written.contains("Objects") && !written.contains('\u{1b}'), "{written:?}");
    assert_eq!(to(audit(), &["--quiet"]), 1);
    database.execute("create table a (x int)");
    assert_eq!(to(audit(), &["-q"]), 0);
    let nowhere = documents.path().join("none/report.txt");
    let outcome = audit()
        .environment("DATABASE_URL", &database.url())
        .arguments(&["--output", nowhere.to_str().unwrap()])
        .run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("none/report.txt cannot be written"), "{}", outcome.stderr);
}

#[test]
fn completions_know_subcommands_and_options() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let outcome = call("completions").arguments(&[shell]).run();
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        for word in ["diagnose", "expect-plan", "features-from-url"] {
            assert!(outcome.stdout.contains(word), "{shell}: {word}");
        }
    }
}
