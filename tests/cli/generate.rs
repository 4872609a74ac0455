//! Features from live databases: what is generated from one audits compliant against it, and makes an equal one.

use std::path::Path;

use serde_json::json;

use crate::command::{Call, Outcome, audit, call, example, findings};
use crate::support::{Database, Server};

const EVERYTHING: &str = include_str!("../postgres/everything.sql");

/// What the statements of everything.sql do not show.
const MORE: &str = include_str!("generate.sql");

fn generate(database: &Database) -> Call {
    call("generate").environment("DATABASE_URL", &database.url()).arguments(&["--name", "all"])
}

fn yaml(database: &Database, arguments: &[&str]) -> String {
    let Outcome { code, stdout, stderr } = generate(database).arguments(arguments).run();
    assert_eq!((code, stderr.as_str()), (0, ""), "{stdout}");
    stdout
}

/// Audits a database with a document; everything must be there.
fn audit_with(database: &Database, features: &Path) {
    let (code, report) = audit().environment("DATABASE_URL", &database.url()).features(features).report();
    assert_eq!(findings(&report), [""; 0], "{report}");
    assert_eq!(report["problems"], json!([]));
    assert_eq!(report["coverage"]["notModelled"], json!(0));
    assert_eq!((code, &report["summary"]["unknown"]), (0, &json!(0)));
}

/// From a database to features, to a second database, to features again.
fn go_round(first: &Database, server: &Server) {
    let directory = tempfile::tempdir().unwrap();
    let document = directory.path().join("features.yaml");
    for per in ["schema", "prefix", "none"] {
        let generated = yaml(first, &["--feature-per", per]);
        std::fs::write(&document, &generated).unwrap();
        audit_with(first, &document);
        let files = directory.path().join(per);
        let path = files.to_str().unwrap();
        let arguments = ["--feature-per", per, "--format", "sql-directory", "--output", path];
        assert_eq!(yaml(first, &arguments), "");
        let second = Database::on(server);
        let mut names: Vec<_> = std::fs::read_dir(&files).unwrap().map(|file| file.unwrap().path()).collect();
        names.sort();
        for name in names {
            second.execute(&std::fs::read_to_string(name).unwrap());
        }
        audit_with(&second, &document);
        assert_eq!(yaml(&second, &["--feature-per", per]), generated);
    }
}

fn example_sql() -> Vec<String> {
    let read = |file: &str| std::fs::read_to_string(example(&format!("sql/{file}.sql"))).unwrap();
    ["core", "email-integration", "gamification"].map(read).to_vec()
}

fn on_major(major: &str) {
    let server = Server::start(&["--major", major]);
    let everything = Database::on(&server);
    everything.execute(EVERYTHING);
    go_round(&everything, &server);
    everything.execute(MORE);
    go_round(&everything, &server);
    let sales = Database::on(&server);
    for sql in example_sql() {
        sales.execute(&sql);
    }
    go_round(&sales, &server);
}

#[test]
fn what_is_generated_on_12_makes_the_same_database() {
    on_major("12");
}

#[test]
fn what_is_generated_on_15_makes_the_same_database() {
    on_major("15");
}

#[test]
fn what_is_generated_on_18_makes_the_same_database() {
    on_major("18");
}

#[test]
fn what_audits_do_not_understand_is_generated_all_the_same() {
    let sql = "create domain odd as int;
               alter domain odd add constraint is_odd check (value % 2 = 1) not valid;
               create type pair as (a text collate \"C\", b int[]);
               create table pairs of pair (a default 'x' not null, constraint b_is_there check (b is not null))";
    let generated = yaml(&Database::with(sql), &[]);
    for statement in [
        "CREATE DOMAIN public.odd AS integer;",
        "ALTER DOMAIN public.odd ADD CONSTRAINT is_odd CHECK (((VALUE % 2) = 1)) NOT VALID;",
        "CREATE TABLE public.pairs OF public.pair (",
        "    a WITH OPTIONS DEFAULT 'x'::text NOT NULL,",
    ] {
        assert!(generated.contains(statement), "{statement}: {generated}");
    }
}

#[test]
fn rows_are_never_written() {
    let database = Database::with("create table t (secret text); insert into t values ('hunter2')");
    assert!(!yaml(&database, &[]).contains("hunter2"));
}

#[test]
fn objects_are_selected_by_schema_and_by_name_and_what_they_need_is_named() {
    let database = Database::with(
        "create schema a; create schema b; create type b.mood as enum ('x');
         create table b.users (id int primary key);
         create table a.leads (id int, owner int references b.users, mood b.mood);
         create index on a.leads (owner); create table a.leads_backup (id int);
         create function a.f() returns int language sql as 'select 1'",
    );
    let outcome = generate(&database).arguments(&["--schema", "a", "--exclude", "*_backup"]).run();
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    for there in ["CREATE SCHEMA IF NOT EXISTS a;", "CREATE TABLE a.leads (", "leads_owner_idx", "a.f()"] {
        assert!(outcome.stdout.contains(there), "{there}: {}", outcome.stdout);
    }
    for absent in ["backup", "CREATE TABLE b.users", "CREATE TYPE", "CREATE SCHEMA IF NOT EXISTS b"] {
        assert!(!outcome.stdout.contains(absent), "{absent}: {}", outcome.stdout);
    }
    let requires =
        "      requires:\n        types:\n          - b.mood\n        tables:\n          - b.users\n";
    assert!(outcome.stdout.contains(requires), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("needs table b.users, which was not selected"), "{}", outcome.stderr);
    let outcome = generate(&database).arguments(&["--include", "b.*"]).run();
    assert!(outcome.stdout.contains("CREATE TABLE b.users") && !outcome.stdout.contains("a."));
}

#[test]
fn what_cannot_be_generated_is_named_and_the_rest_is_written() {
    let database = Database::with("create table t (id int)");
    database.execute("create text search configuration odd_words (copy = simple)");
    let outcome = generate(&database).run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stdout.contains("CREATE TABLE public.t"), "{}", outcome.stdout);
    assert!(outcome.stderr.contains("odd_words"), "{}", outcome.stderr);
    assert!(outcome.stderr.contains("1 object is not in the features"), "{}", outcome.stderr);
}

#[test]
fn c1_a_locked_table_is_named_and_nothing_is_written() {
    let database = Database::with("create table busy (id int check (id > 0))");
    let lock = database.lock("busy");
    let message = generate(&database).arguments(&["--lock-timeout", "50ms"]).fail();
    assert!(message.contains("public.busy is locked by another session (waited 50 ms)"), "{message}");
    drop(lock);
}

#[test]
fn an_empty_database_gives_no_document() {
    let message = generate(&Database::new()).fail();
    assert!(message.contains("there is nothing in the database that was asked for"), "{message}");
    let database = Database::with("create table t (id int)");
    let message = generate(&database).arguments(&["--schema", "nowhere"]).fail();
    assert!(message.contains("no object in schema nowhere"), "{message}");
}

#[test]
fn a_directory_with_other_sql_files_is_left_alone() {
    let database = Database::with("create table t (id int)");
    let directory = tempfile::tempdir().unwrap();
    std::fs::write(directory.path().join("other.sql"), "select 1;").unwrap();
    let path = directory.path().to_str().unwrap();
    let message = generate(&database).arguments(&["--format", "sql-directory", "--output", path]).fail();
    assert!(message.contains("holds another SQL file, other.sql"), "{message}");
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
}
