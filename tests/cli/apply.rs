//! `schema-audit apply` on real databases: what it runs, what it refuses, and what stands when it is broken off.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{Call, Documents, Outcome, Running, audit_of, call, example, findings};
use crate::plan::FEATURES;
use crate::support::Database;

mod backup;
mod bundle;
mod cancel;
mod digest;
mod dry_run;
mod killed;
mod lock;
mod prompt;
mod rebuild;
mod session;

fn apply_to(database: &Database) -> Call {
    call("apply")
        .environment("DATABASE_URL", &database.url())
        .environment("PATH", &std::env::var("PATH").unwrap())
}

fn plan_of(database: &Database) -> Call {
    call("plan").environment("DATABASE_URL", &database.url())
}

/// The result as a document, with the exit code.
fn result(call: Call) -> (i32, Value) {
    let outcome = call.arguments(&["--format", "json"]).run();
    (outcome.code, document(&outcome))
}

fn document(outcome: &Outcome) -> Value {
    serde_json::from_str(&outcome.stdout)
        .unwrap_or_else(|error| panic!("{error}\n{}\n{}", outcome.stdout, outcome.stderr))
}

/// Every row of every table of the schema public.
fn rows(database: &Database) -> Vec<String> {
    let tables = database.query("select tablename from pg_tables where schemaname = 'public' order by 1");
    let digest = |table: &String| {
        let sql =
            format!("select count(*) || md5(string_agg(t::text, ',' order by t::text)) from \"{table}\" t");
        format!("{table} {:?}", database.query(&sql))
    };
    tables.iter().map(digest).collect()
}

/// The schema as `pg_dump` prints it, without what is of each run.
fn dumped(database: &Database) -> String {
    let output = Command::new("pg_dump").args(["--schema-only", &database.url()]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let is_same = |line: &&str| !line.contains("restrict ");
    text.lines().filter(is_same).collect::<Vec<_>>().join("\n")
}

fn psql(database: &Database, script: &str) {
    let mut psql = Command::new("psql")
        .args(["-X", "-q", &database.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql is installed (tests/install-tools)");
    psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = psql.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn half_built() -> Database {
    let database = Database::new();
    for file in ["sql/core.sql", "demo-existing.sql"] {
        database.execute(&std::fs::read_to_string(example(file)).unwrap());
    }
    database
}

const THREE: &str = "create schema crm;
    create table a (x int);
    create type mood as enum ('sad');
    create index concurrently a_x on a (x);
    alter type mood add value 'ok';
    set search_path = crm, public;
    create table b (m mood default 'ok')";

/// What [`THREE`] goes on from.
const PART: &str = "create table a (x int); create type mood as enum ('sad'); insert into a values (1)";

/// Features whose second segment waits until the test lets it go on, by an advisory lock.
fn waits_in_the_middle() -> Documents {
    Documents::new(&[(
        "all.sql",
        "create table a (x int);
         create index concurrently a_x on a (x);
         create table b (x int);
         insert into b values (1);
         -- schema-audit: when-missing table/c
         select pg_advisory_xact_lock(4711);
         create table c (x int);
         create index concurrently c_x on c (x);
         create table d (x int)",
    )])
}

/// Starts it and waits until its statement waits.
fn started(database: &Database, documents: &Documents, arguments: &[&str]) -> Running {
    let running =
        apply_to(database).features(documents.path()).arguments(&["--yes"]).arguments(arguments).start();
    waits(database, "advisory");
    running
}

fn waits(database: &Database, event: &str) {
    database.session().wait_until(
        &format!(
            "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'
             and wait_event = '{event}'"
        ),
        "1",
    );
}

#[test]
fn the_half_built_example_is_completed_as_psql_would_and_nothing_that_was_there_changes() {
    let (applied, scripted) = (half_built(), half_built());
    applied.execute(
        "set session_replication_role = replica;
         insert into squads (name, slug, owner_id)
             select name, name, gen_random_uuid() from unnest(array['one', 'two']) name",
    );
    let before = rows(&applied);
    let outcome = apply_to(&applied).features(&example("")).arguments(FEATURES).arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains("The database carries all "), "{}", outcome.stdout);
    psql(&scripted, &plan_of(&scripted).features(&example("")).arguments(FEATURES).run().stdout);
    assert_eq!(dumped(&applied), dumped(&scripted));
    let after = rows(&applied);
    assert!(before.len() == 15 && before.iter().all(|table| after.contains(table)), "{after:#?}");
    let (code, report) = audit_of(&applied).features(&example("")).arguments(FEATURES).report();
    assert_eq!((code, findings(&report)), (0, Vec::new()));

    let again = apply_to(&applied).features(&example("")).arguments(FEATURES).run();
    assert_eq!(again.code, 0, "{}", again.stderr);
    assert!(again.stdout.starts_with("There is nothing to run.\n"), "{}", again.stdout);
}

#[test]
fn each_statement_is_told_and_the_plan_and_the_target_before_them() {
    let database = Database::with(PART);
    let documents = Documents::new(&[("all.sql", THREE)]);
    let outcome = apply_to(&database).features(documents.path()).arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let told = &outcome.stdout;
    assert!(
        told.starts_with(&format!("Migration of the database {} at 127.0.0.1:", database.name())),
        "{told}"
    );
    assert!(told.contains(", as ") && told.contains("  sha256:"), "{told}");
    let statements: Vec<&str> = told.lines().filter(|line| line.starts_with("statement ")).collect();
    assert_eq!(statements.len(), 4, "{told}");
    assert!(statements[0].starts_with("statement 1 of 4: ") && statements[0].ends_with(" s"), "{told}");
    assert!(told.contains("segment 4 of 4 is committed"), "{told}");
    assert!(told.contains("Features:\n  all: 4 statements, for 1 schema, 1 table, 1 index\n"), "{told}");
    assert!(told.contains("Applied: 4 statements in 4 segments.\n"), "{told}");
    assert_eq!(database.query("select x from a"), ["1"]);
}

#[test]
fn a_failing_statement_is_told_with_its_place_and_its_segment_is_rolled_back() {
    let database = Database::with("create table a (x int); insert into a values (1), (1)");
    let documents = Documents::new(&[(
        "all.sql",
        "create table a (x int);\ncreate index concurrently a_x on a (x);\ncreate table b (x int);\n\
         create unique index a_unique\n  on a (x)",
    )]);
    let call = || apply_to(&database).features(documents.path()).arguments(&["--yes"]);
    let outcome = call().run();
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let told = &outcome.stderr;
    for part in
        ["statement 3 failed: feature all", "all.sql:4", "SQLSTATE 23505", "create unique index a_unique"]
    {
        assert!(told.contains(part), "{part}: {told}");
    }
    assert!(told.contains("1 of 3 statements stand (1 of 2 segments are committed)"), "{told}");
    // What the server says in detail quotes a row.
    assert!(!told.contains("(x)=(1)"), "{told}");
    assert_eq!(database.query("select to_regclass('b')::text"), [""]);
    let (code, failed) = result(call());
    assert_eq!((code, &failed["outcome"]), (1, &json!("failed")));
    assert_eq!(failed["failure"]["sqlstate"], json!("23505"));
    assert_eq!(failed["failure"]["statement"], json!(2));
    assert_eq!(failed["verified"]["missing"].as_u64().map(|missing| missing > 0), Some(true), "{failed:#}");
}

/// A debug build needs more stack for a tree than a release build does.
#[test]
fn p4_deeply_nested_sql_is_read_on_the_stack_of_the_parser() {
    let database = Database::new();
    let deep = format!("create view v as select {}1{} as x", "(".repeat(600), ")".repeat(600));
    let sum = format!("create view w as select {} as x", vec!["1"; 600].join(" + "));
    let documents = Documents::new(&[("a.sql", &format!("{deep}; {sum}; create table t (x int)"))]);
    let outcome = apply_to(&database).features(documents.path()).arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
}

#[test]
fn a_database_that_is_not_there_may_be_tried_again_and_a_wrong_password_not() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    let file = documents.path().join("message");
    let run = |url: &str| {
        let arguments = ["--yes", "--termination-message", file.to_str().unwrap()];
        let outcome = call("apply")
            .environment("DATABASE_URL", url)
            .features(documents.path())
            .arguments(&arguments)
            .run();
        let message: Value = serde_json::from_str(&std::fs::read_to_string(&file).unwrap()).unwrap();
        (outcome.code, message)
    };
    let (code, message) = run("postgres://nobody@127.0.0.1:1/none");
    assert_eq!((code, &message["outcome"]), (4, &json!("notBegun")), "{message:#}");
    let role = database.role();
    let (code, message) = run(&database.url_as(&role.name, "wrong-password"));
    assert_eq!((code, &message["outcome"]), (2, &json!("notBegun")), "{message:#}");
    assert!(!message.to_string().contains("wrong-password"));
}

#[test]
fn a_plan_with_blockers_is_not_run_and_the_remedy_is_told() {
    let database = Database::with("revoke create on schema public from public");
    let role = database.role();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    let url = database.url_as(&role.name, &role.password);
    let call =
        || call("apply").environment("DATABASE_URL", &url).features(documents.path()).arguments(&["--yes"]);
    let outcome = call().run();
    assert_eq!(outcome.code, 2, "{}{}", outcome.stdout, outcome.stderr);
    assert!(outcome.stdout.contains("Blockers:"), "{}", outcome.stdout);
    assert!(outcome.stdout.to_lowercase().contains("grant create on schema"), "{}", outcome.stdout);
    assert_eq!(result(call()).1["outcome"], json!("blocked"));
}

#[test]
fn a_part_that_cannot_be_read_stops_all_of_it() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int); creat table b (x int)")]);
    let outcome = apply_to(&database).features(documents.path()).arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 2);
    assert!(
        outcome.stderr.contains("a.sql:1") && outcome.stderr.contains("nothing was touched"),
        "{}",
        outcome.stderr
    );
    assert_eq!(database.query("select to_regclass('a')"), [""]);
}
