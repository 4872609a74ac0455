//! Files that are no clean SQL: the message says file and line, and everything else is audited.

use std::fmt::Write as _;
use std::fs;

use serde_json::{Value, json};

use crate::command::{Documents, audit, audit_of};
use crate::support::Database;

/// Audits an empty database against one file, `a.sql`, of these bytes. Gives the report and what is on standard error.
fn audit_bytes(bytes: &[u8]) -> (i32, Value, String) {
    let documents = Documents::new(&[]);
    fs::write(documents.file("a.sql"), bytes).unwrap();
    let database = Database::new();
    let outcome = audit_of(&database).features(documents.path()).arguments(&["--format", "json"]).run();
    let stderr = outcome.stderr.replace(&format!("{}/", documents.path().display()), "");
    (outcome.code, serde_json::from_str(&outcome.stdout).unwrap_or_default(), stderr)
}

/// Statements with something wrong between them: the others are missing in the empty database, and no more.
#[track_caller]
fn between(wrong: &[u8], message: &str) {
    let text =
        [b"create table before (id int);\n".as_slice(), wrong, b"\ncreate table after (id int);\n"].concat();
    let (code, report, stderr) = audit_bytes(&text);
    assert_eq!(report["missing"]["tables"], json!(["after", "before"]), "{stderr}");
    assert_eq!(stderr, message);
    assert_eq!(code, if message.is_empty() { 1 } else { 2 });
}

#[test]
fn p13_what_other_programs_put_into_sql_is_passed_over() {
    between(b"\\set ON_ERROR_STOP on\n\\echo hello\n\\timing", "");
    between(b"copy t (a, b) from stdin;\n1\t'it;\n2\tcreate table x ();\n\\.\n", "");
    between(b"-- +goose StatementBegin\nselect 1;\n-- +goose StatementEnd", "");
    between(b"\r\nselect\r\n1;\r\n", "");
}

#[test]
fn p13_placeholders_are_named_with_file_and_line() {
    for (placeholder, line) in [
        ("{{ schema }}", 2),
        ("${schema}", 2),
        ("<%= schema %>", 2),
        (":schema", 2),
        ("{% if a %}", 2),
        ("\"${schema}\"", 3),
    ] {
        let named = placeholder.trim_matches('"');
        let sql = if line == 2 {
            format!("drop table {placeholder}.t;")
        } else {
            format!("\ndrop table {placeholder}.t;")
        };
        let message = format!(
            "error: a.sql:{line}: the placeholder {named} must be filled in before this SQL can be read\n"
        );
        between(sql.as_bytes(), &message);
    }
}

#[test]
fn p10_bytes_that_are_no_text_are_named_with_file_and_line() {
    between(
        b"select\n 'a\0b';",
        "error: a.sql:3: there is a NUL byte, which PostgreSQL takes in no text: is the file UTF-16?\n",
    );
    between(
        b"select\n 'caf\xe9';",
        "error: a.sql:3: byte 6 of this line, 0xE9, is not UTF-8 text; save the file as UTF-8\n",
    );
    // In a comment it does no harm.
    between(b"-- caf\xe9", "");
}

#[test]
fn what_is_not_closed_is_named_with_file_and_line() {
    for (opening, what) in [
        ("do $$ begin", "dollar-quoted string"),
        ("select 'it", "quoted string"),
        ("select \"it", "quoted identifier"),
    ] {
        let text = format!("create table before (id int);\n{opening};\ncreate table after (id int);\n");
        let (code, report, stderr) = audit_bytes(text.as_bytes());
        assert_eq!(code, 2);
        assert_eq!(report["missing"]["tables"], json!(["before"]));
        assert_eq!(
            stderr,
            format!("error: a.sql:2: unterminated {what}, which takes in the rest of the file\n")
        );
    }
}

#[test]
fn p4_deep_nesting_is_named_with_file_and_line() {
    let deep = format!("select {}1{};", "abs(".repeat(5_000), ")".repeat(5_000));
    let text = format!("create table before (id int);\n{deep}\ncreate table after (id int);\n");
    let (_, report, stderr) = audit_bytes(text.as_bytes());
    assert_eq!(report["missing"]["tables"], json!(["after", "before"]));
    assert!(
        stderr.starts_with("error: a.sql:2: it is nested too deeply for PostgreSQL's parser ("),
        "{stderr}"
    );
}

#[test]
fn many_statements_are_read_one_by_one() {
    let mut text = String::new();
    for n in 0..100_000 {
        writeln!(text, "comment on table t is '{n}';").unwrap();
    }
    text.push_str("create table after (id int);");
    let (code, report, stderr) = audit_bytes(text.as_bytes());
    assert_eq!((code, stderr.as_str()), (1, ""));
    assert_eq!(report["missing"]["tables"], json!(["after"]));
}

#[test]
fn files_that_are_too_large_or_of_another_encoding_are_refused_by_name() {
    let documents = Documents::new(&[]);
    fs::File::create(documents.file("large.sql")).unwrap().set_len((64 << 20) + 1).unwrap();
    let message = audit().features(&documents.file("large.sql")).fail();
    assert!(
        message.ends_with(
            "large.sql is larger than 64 MiB, which no schema is; leave the data out of it, as pg_dump --schema-only does\n"
        ),
        "{message}"
    );
    fs::write(documents.file("wide.sql"), b"\xff\xfec\0r\0").unwrap();
    let message = audit().features(&documents.file("wide.sql")).fail();
    assert!(message.ends_with("wide.sql:1: this is UTF-16 text; save the file as UTF-8\n"), "{message}");
}

#[test]
fn one_file_that_cannot_be_read_is_named_and_the_others_are_audited() {
    let documents = Documents::new(&[]);
    fs::create_dir(documents.file("set")).unwrap();
    for name in ["a", "d"] {
        fs::write(documents.file(&format!("set/{name}.sql")), format!("create table {name} (id int);"))
            .unwrap();
    }
    fs::File::create(documents.file("set/b.sql")).unwrap().set_len((64 << 20) + 1).unwrap();
    fs::write(documents.file("set/c.sql"), b"\xff\xfec\0r\0").unwrap();
    let database = Database::new();
    let set = documents.file("set");
    let outcome = audit_of(&database).features(&set).arguments(&["--format", "json"]).run();
    let report: Value = serde_json::from_str(&outcome.stdout).unwrap();
    assert_eq!(report["missing"]["tables"], json!(["a", "d"]));
    assert_eq!(
        outcome.stderr.replace(&format!("{}/", set.display()), ""),
        "error: b.sql:1: this file is larger than 64 MiB, which no schema is; leave the data out of it, as pg_dump \
         --schema-only does\nerror: c.sql:1: this is UTF-16 text; save the file as UTF-8\n"
    );
    assert_eq!(outcome.code, 2);
    let states = |name: &str| {
        let features = report["features"].as_array().unwrap();
        features.iter().find(|feature| feature["name"] == name).unwrap()["state"].clone()
    };
    assert_eq!(
        (states("a"), states("b"), states("c")),
        (json!("Absent"), json!("Unknown"), json!("Unknown"))
    );
}
