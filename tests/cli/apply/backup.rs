//! The backup before.

use std::process::Command;

use serde_json::json;

use super::{apply_to, result};
use crate::command::{Documents, call, text};
use crate::support::Database;

#[test]
fn a_backup_is_made_read_and_restorable_and_never_written_over() {
    let database = Database::with("create table a (x int); insert into a values (1), (2)");
    let documents = Documents::new(&[("a.sql", "create table a (x int); alter table a add y int default 5")]);
    let file = documents.path().join("backup of a.dump");
    let name = file.to_str().unwrap();
    let call = || apply_to(&database).features(documents.path()).arguments(&["--yes", "--backup", name]);
    let (code, applied) = result(call());
    assert_eq!(code, 0, "{applied:#}");
    assert_eq!(applied["backup"]["file"], json!(name));
    let restore = text(&applied["backup"]["restore"]);
    let restored = Command::new("sh")
        .args(["-c", restore])
        .env("PGPASSWORD", crate::support::postgres().password())
        .output()
        .unwrap();
    assert!(restored.status.success(), "{}", String::from_utf8_lossy(&restored.stderr));
    let url = crate::support::postgres().url_of(&format!("{}_restored", database.name()));
    let session = crate::support::Session::open(&url);
    assert_eq!(session.query("select x from a order by 1"), ["1", "2"]);
    let columns = "select count(*) from pg_attribute where attrelid = 'a'::regclass and attnum > 0";
    assert_eq!(session.query(columns), ["1"]);
    drop(session);
    database.execute(&format!("drop database {}_restored with (force)", database.name()));

    database.execute("alter table a drop column y");
    let written = std::fs::read(&file).unwrap();
    let (code, refused) = result(call());
    assert_eq!((code, &refused["outcome"]), (2, &json!("notBegun")), "{refused:#}");
    assert!(text(&refused["message"]).contains("is there already"), "{refused:#}");
    assert_eq!(std::fs::read(&file).unwrap(), written);
    // One of them is the column that was dropped.
    assert_eq!(database.query(columns), ["2"]);
}

#[test]
fn a_backup_alone_runs_nothing_takes_the_place_of_a_broken_one_and_stays() {
    let database =
        Database::with("create table a (x int); create schema other; create table other.b (x int)");
    let documents = Documents::new(&[("a.sql", "create table a (x int); create table c (x int)")]);
    let file = documents.path().join("a.dump");
    let part = documents.path().join("a.dump.part");
    std::fs::write(&part, "what a killed run left").unwrap();
    let name = file.to_str().unwrap();
    let call = || {
        let arguments = ["--yes", "--backup-only", "--backup", name];
        apply_to(&database).features(documents.path()).arguments(&arguments)
    };
    let (code, made) = result(call());
    assert_eq!((code, &made["outcome"]), (0, &json!("backedUp")), "{made:#}");
    assert_eq!(database.query("select to_regclass('c')"), [""]);
    assert!(!part.exists(), "a backup that is no backup yet");
    let list = Command::new("pg_restore").arg("--list").arg(&file).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    assert!(list.contains("TABLE public a") && !list.contains("TABLE other b"), "{list}");

    let written = std::fs::read(&file).unwrap();
    database.execute("insert into a values (1)");
    let (code, kept) = result(call());
    assert_eq!((code, &kept["outcome"]), (0, &json!("backedUp")), "{kept:#}");
    assert!(text(&kept["message"]).contains("is there already"), "{kept:#}");
    assert_eq!(std::fs::read(&file).unwrap(), written);
}

#[test]
fn without_a_backup_that_can_be_read_nothing_is_touched() {
    let database = Database::with("create table a (x int)");
    let role = database.role();
    database.execute(&format!("grant create on schema public to {}", role.name));
    let documents = Documents::new(&[("a.sql", "create table a (x int); create table b (x int)")]);
    let file = documents.path().join("before.dump");
    let call = call("apply")
        .environment("DATABASE_URL", &database.url_as(&role.name, &role.password))
        .environment("PATH", &std::env::var("PATH").unwrap())
        .secret(&role.password)
        .features(documents.path());
    let outcome = call.arguments(&["--yes", "--backup", file.to_str().unwrap()]).run();
    assert_eq!(outcome.code, 2, "{}{}", outcome.stdout, outcome.stderr);
    assert!(
        outcome.stderr.contains("pg_dump failed") && outcome.stderr.contains("permission"),
        "{}",
        outcome.stderr
    );
    assert!(!file.exists());
    assert_eq!(database.query("select to_regclass('b')"), [""]);
}
