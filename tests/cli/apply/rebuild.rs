//! Indexes that a concurrent build left behind.

use std::process::Command;

use serde_json::json;

use super::{apply_to, plan_of, result, waits};
use crate::command::{Documents, text};
use crate::support::Database;

#[test]
fn an_index_that_a_failed_build_left_is_rebuilt_when_asked_for_and_only_then() {
    let database = Database::with("create table a (x int); insert into a values (1), (1)");
    let documents =
        Documents::new(&[("a.sql", "create table a (x int); create unique index concurrently a_x on a (x)")]);
    let call = |arguments: &[&str]| apply_to(&database).features(documents.path()).arguments(arguments);
    let (code, failed) = result(call(&["--yes"]));
    assert_eq!((code, &failed["invalidIndexes"]), (1, &json!(["index/public.a_x"])), "{failed:#}");
    assert_eq!(failed["failure"]["sqlstate"], json!("23505"));
    database.execute("delete from a where ctid = (select min(ctid) from a)");
    let before = database.query("select 'a_x'::regclass::oid");
    let outcome = call(&["--yes"]).run();
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("--rebuild-invalid"), "{}", outcome.stderr);
    assert_eq!(database.query("select 'a_x'::regclass::oid"), before);
    let plan = plan_of(&database).features(documents.path()).run().stdout;
    assert!(!plan.contains("drop index") && plan.contains("--rebuild-invalid"), "{plan}");
    let plan = plan_of(&database).features(documents.path()).arguments(&["--rebuild-invalid"]).run().stdout;
    assert!(plan.contains("drop index concurrently \"public\".\"a_x\";"), "{plan}");
    let (code, done) = result(call(&["--yes", "--rebuild-invalid"]));
    assert_eq!((code, &done["statements"]), (0, &json!({"run": 2, "of": 2})), "{done:#}");
    assert_eq!(
        database.query("select indisvalid::text from pg_index where indexrelid = 'a_x'::regclass"),
        ["true"]
    );
}

#[test]
fn an_index_that_is_being_built_is_not_taken_for_a_broken_one() {
    let database = Database::with("create table a (x int)");
    let documents =
        Documents::new(&[("a.sql", "create table a (x int); create index concurrently a_x on a (x)")]);
    let writer = database.session();
    writer.execute("begin; insert into a values (3)");
    let mut build = Command::new("psql")
        .args(["-X", "-q", &database.url(), "-c", "create index concurrently a_x on a (x)"])
        .spawn()
        .unwrap();
    waits(&database, "virtualxid");
    let call = apply_to(&database).features(documents.path()).arguments(&["--yes", "--rebuild-invalid"]);
    let (code, refused) = result(call);
    assert_eq!((code, &refused["outcome"]), (4, &json!("notBegun")), "{refused:#}");
    assert!(text(&refused["message"]).contains("application psql"), "{refused:#}");
    let before = database.query("select 'a_x'::regclass::oid");
    writer.execute("commit");
    assert!(build.wait().unwrap().success());
    let (code, _) =
        result(apply_to(&database).features(documents.path()).arguments(&["--yes", "--rebuild-invalid"]));
    assert_eq!((code, database.query("select 'a_x'::regclass::oid")), (0, before));
}
