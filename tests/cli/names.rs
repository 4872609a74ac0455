//! Names that make trouble: long ones, quoted ones, other scripts, control characters.

use serde_json::json;

use crate::command::{Documents, audit_of, findings};
use crate::support::Database;

#[test]
fn c13_names_of_63_and_of_70_bytes_are_found() {
    let (fits, long) = ("a".repeat(63), "b".repeat(70));
    let sql = format!("create table {fits} (id int); create table {long} ({long} int)");
    let documents = Documents::new(&[("core.sql", &sql)]);
    let (code, report) = audit_of(&Database::with(&sql)).features(documents.path()).report();
    assert_eq!((code, findings(&report)), (0, Vec::new()));

    let (code, report) = audit_of(&Database::new()).features(documents.path()).report();
    assert_eq!(code, 1);
    assert_eq!(report["missing"]["tables"], json!([fits, "b".repeat(63)]));
}

#[test]
fn c12_quotes_spaces_and_other_scripts_are_found() {
    let sql = r#"create schema "Mixed Case";
create table "Mixed Case"."say ""hi""" ("größe" int, "таблица" text);
create table "表" (id int primary key);"#;
    let documents = Documents::new(&[("core.sql", sql)]);
    let (code, report) = audit_of(&Database::with(sql)).features(documents.path()).report();
    assert_eq!((code, findings(&report)), (0, Vec::new()));

    let outcome = audit_of(&Database::new()).features(documents.path()).arguments(&["--all"]).run();
    assert_eq!(outcome.code, 1);
    assert!(outcome.stdout.contains(r#""Mixed Case"."say ""hi""""#), "{}", outcome.stdout);
    assert!(outcome.stdout.contains(r#""表""#), "{}", outcome.stdout);
}

#[test]
fn r71_a_control_character_does_not_reach_the_terminal() {
    let documents = Documents::new(&[("core.sql", "create table \"a\u{1b}[2J\" (id int)")]);
    for arguments in [["--format", "table"], ["--format", "json"]] {
        let outcome = audit_of(&Database::new()).features(documents.path()).arguments(&arguments).run();
        assert_eq!(outcome.code, 1, "{}", outcome.stderr);
        assert!(!outcome.stdout.contains('\u{1b}'), "{:?}", outcome.stdout);
    }
}
