//! The example feature set, whole: what the README promises.

use std::process::Command;

use serde_json::json;

use crate::command::{audit_of, example, findings, text};
use crate::support::Database;

const WITH_SQL: &[&str] =
    &["--feature", "core", "--feature", "email-integration", "--feature", "gamification"];

fn with_example_applied() -> Database {
    let database = Database::new();
    for file in ["core", "email-integration", "gamification"] {
        let sql = std::fs::read_to_string(example(&format!("sql/{file}.sql"))).unwrap();
        database.execute(&sql);
    }
    database
}

#[test]
fn of_the_example_nothing_is_in_an_empty_database() {
    let database = Database::new();
    let (code, report) = audit_of(&database).features(&example("")).report();
    assert_eq!(code, 1);
    assert_eq!(report["summary"]["present"], json!(0));
    assert_eq!(report["summary"]["missing"], report["summary"]["required"]);
    assert_eq!(report["problems"], json!([]));
    for (kind, required) in [("tables", 59), ("materialized_views", 6), ("extensions", 2)] {
        assert_eq!(report[kind]["required"], json!(required), "{kind}");
        assert_eq!(report["missing"][kind].as_array().unwrap().len(), required, "{kind}");
    }
    let states = report["features"].as_array().unwrap().iter().map(|feature| text(&feature["state"]));
    assert_eq!(states.collect::<Vec<_>>(), ["Absent"; 12]);
}

#[test]
fn of_the_example_everything_is_there_once_its_sql_is_applied() {
    let database = with_example_applied();
    let (code, report) = audit_of(&database).features(&example("")).arguments(WITH_SQL).report();
    assert_eq!(findings(&report), [""; 0]);
    assert_eq!((code, &report["compliant"]), (0, &json!(true)));
    assert_eq!(report["summary"]["present"], report["summary"]["required"]);
}

#[test]
fn exactly_what_was_dropped_from_the_example_is_missing() {
    let database = with_example_applied();
    database.execute(
        "drop trigger leads_touch_updated_at on leads;
         alter table leads drop column company;
         delete from badges where key = 'closer'",
    );
    let (code, report) = audit_of(&database).features(&example("")).arguments(WITH_SQL).report();
    assert_eq!(
        findings(&report),
        [
            "Missing column/public.leads.company",
            "Missing trigger/public.leads.leads_touch_updated_at",
            "Missing seed_row/public.badges(key='closer')",
        ]
    );
    assert_eq!(code, 1);
    let lines: Vec<_> = report["findings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|finding| {
            let source = text(&finding["source"]);
            let file = std::path::Path::new(source).file_name().unwrap().to_str().unwrap().to_owned();
            (file, finding["line"].as_u64().unwrap())
        })
        .collect();
    let line_of = |file: &str, start: &str| {
        let sql = std::fs::read_to_string(example(&format!("sql/{file}"))).unwrap();
        let line = sql.lines().position(|line| line.starts_with(start)).unwrap() as u64 + 1;
        (file.to_owned(), line)
    };
    assert_eq!(
        lines,
        [
            line_of("core.sql", "create table leads"),
            line_of("core.sql", "create trigger leads_touch_updated_at"),
            line_of("gamification.sql", "insert into badges"),
        ]
    );
}

#[test]
fn the_demo_database_has_fifteen_of_the_fifty_nine_tables() {
    let database = Database::new();
    for file in ["sql/core.sql", "demo-existing.sql"] {
        database.execute(&std::fs::read_to_string(example(file)).unwrap());
    }
    let outcome = audit_of(&database).features(&example("")).run();
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let row = outcome.stdout.lines().find(|line| line.trim_start().starts_with("Tables ")).unwrap();
    assert_eq!(row.split_whitespace().collect::<Vec<_>>(), ["Tables", "15", "/", "59"]);
}

/// What users of the old tool have in their scripts.
#[test]
fn the_jq_expressions_of_the_old_tool_work_as_they_stand() {
    let database = Database::new();
    for file in ["sql/core.sql", "demo-existing.sql"] {
        database.execute(&std::fs::read_to_string(example(file)).unwrap());
    }
    let outcome = audit_of(&database).features(&example("")).arguments(&["--format", "json"]).run();
    let report = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(report.path(), outcome.stdout).unwrap();
    let jq = |expression: &str| {
        let output = Command::new("jq").args(["-c", expression]).arg(report.path()).output();
        let output = output.expect("jq is installed (tests/install-tools)");
        serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap()
    };
    assert_eq!(
        jq("{tables: .tables.count, missing: (.missing.tables|length)}"),
        json!({"tables": 15, "missing": 44})
    );
    let missing = jq(".missing.tables");
    assert!(missing.as_array().unwrap().contains(&json!("email_accounts")), "{missing}");
}
