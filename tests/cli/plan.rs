//! `schema-audit plan`, and what psql makes of it.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{Call, Documents, audit_of, call, example, findings, text};
use crate::support::Database;

/// Features of the example, of which half is there.
pub(crate) const FEATURES: &[&str] = &[
    "--feature",
    "core",
    "--feature",
    "email-integration",
    "--feature",
    "gamification",
    "--feature",
    "compliance",
];

fn plan_of(database: &Database) -> Call {
    call("plan").environment("DATABASE_URL", &database.url())
}

/// Runs a script as a user does. It must run to its end.
fn psql(database: &Database, script: &str) {
    let mut psql = Command::new("psql")
        .args(["-X", "-q", "-v", "ON_ERROR_STOP=0", &database.url()])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("psql is installed (tests/install-tools)");
    psql.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let output = psql.wait_with_output().unwrap();
    assert!(output.status.success(), "{}\n{script}", String::from_utf8_lossy(&output.stderr));
}

/// The half-built database of the example.
fn half_built() -> Database {
    let database = Database::new();
    for file in ["sql/core.sql", "demo-existing.sql"] {
        database.execute(&std::fs::read_to_string(example(file)).unwrap());
    }
    database
}

/// A digest of all rows of each table.
fn rows(database: &Database) -> Vec<String> {
    let tables = database.query("select tablename from pg_tables where schemaname = 'public' order by 1");
    tables
        .iter()
        .map(|table| {
            let sql =
                format!("select count(*) || md5(string_agg(t::text, ',' order by t::text)) from {table} t");
            format!("{table} {:?}", database.query(&sql))
        })
        .collect()
}

#[test]
fn the_half_built_example_is_completed_and_nothing_that_was_there_changes() {
    let database = half_built();
    database.execute(
        "set session_replication_role = replica;
         insert into squads (name, slug, owner_id)
             select name, name, gen_random_uuid() from unnest(array['one', 'two']) name",
    );
    let before = rows(&database);
    assert!(before.len() == 15 && !before[0].is_empty(), "{before:?}");
    let outcome = plan_of(&database).features(&example("")).arguments(FEATURES).run();
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    psql(&database, &outcome.stdout);
    let (code, report) = audit_of(&database).features(&example("")).arguments(FEATURES).report();
    assert_eq!((code, findings(&report)), (0, Vec::new()));
    let after = rows(&database);
    for table in &before {
        assert!(after.contains(table), "{table}\n{after:#?}");
    }
    assert_eq!(after.len(), 26);
    let second = plan_of(&database).features(&example("")).arguments(FEATURES).run();
    assert_eq!(second.code, 0, "{}", second.stdout);
    assert!(second.stdout.contains("-- There is nothing to run."), "{}", second.stdout);
}

#[test]
fn the_same_plan_run_twice_stops_at_its_first_statement_and_changes_nothing() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int); insert into a values (1)")]);
    let script = plan_of(&database).features(documents.path()).run().stdout;
    psql(&database, &script);
    let second = std::panic::catch_unwind(|| psql(&database, &script));
    assert!(second.is_err(), "the second run failed");
    assert_eq!(database.query("select x from a"), ["1"]);
}

#[test]
fn what_is_different_is_replaced_by_the_authors_own_statement() {
    let database = Database::with(
        "create function f() returns int language sql as 'select 1';
         create view v as select 1 as c;
         create table a (x int);
         comment on table a is 'old'",
    );
    let documents = Documents::new(&[(
        "all.sql",
        "create or replace function f() returns int language sql as 'select 2';
         create or replace view v as select 2 as c;
         create table a (x int);
         comment on table a is 'new';
         alter table a enable row level security",
    )]);
    let (code, plan) = plan_of(&database).features(documents.path()).report();
    assert_eq!(code, 1);
    let statements = plan["segments"][0]["statements"].as_array().unwrap();
    assert_eq!(statements.len(), 4, "{plan:#}");
    assert!(statements.iter().all(|statement| statement["replaces"] == json!(true)), "{plan:#}");
    psql(&database, &plan_of(&database).features(documents.path()).run().stdout);
    let (code, report) = audit_of(&database).features(documents.path()).report();
    assert_eq!((code, findings(&report)), (0, Vec::new()));
    assert_eq!(database.query("select f()"), ["2"]);
}

#[test]
fn a_missing_column_needs_a_statement_that_makes_just_it() {
    let database = Database::with("create table a (x int); insert into a values (1)");
    let documents = Documents::new(&[("1.sql", "create table a (x int, y text not null default 'z')")]);
    let (code, plan) = plan_of(&database).features(documents.path()).report();
    assert_eq!((code, &plan["empty"]), (1, &json!(true)));
    let entry: &Value = &plan["unplannable"][0];
    assert_eq!(text(&entry["component"]), "column/public.a.y");
    assert_eq!(
        entry["template"],
        json!([r#"alter table "public"."a" add column "y" text default 'z' not null;"#])
    );
    let outcome = plan_of(&database).features(documents.path()).run();
    psql(&database, &outcome.stdout);
    assert_eq!(
        database.query("select count(*) from pg_attribute where attrelid = 'a'::regclass and attname = 'y'"),
        ["0"]
    );

    let documents = Documents::new(&[
        ("1.sql", "create table a (x int)"),
        ("2.sql", "alter table a add column y text not null default 'z'"),
    ]);
    let outcome = plan_of(&database).features(documents.path()).run();
    psql(&database, &outcome.stdout);
    assert_eq!(database.query("select x || y from a"), ["1z"]);
    assert_eq!(plan_of(&database).features(documents.path()).run().code, 0);
}

#[test]
fn segments_outside_of_transactions_run_in_psql() {
    let database = Database::with("create table a (x int); create type mood as enum ('sad')");
    let documents = Documents::new(&[(
        "all.sql",
        "create schema crm;
         create table a (x int);
         create type mood as enum ('sad');
         create index concurrently a_x on a (x);
         alter type mood add value 'ok';
         set search_path = crm, public;
         create table b (m mood default 'ok')",
    )]);
    let outcome = plan_of(&database).features(documents.path()).run();
    psql(&database, &outcome.stdout);
    assert_eq!(plan_of(&database).features(documents.path()).run().code, 0);
    assert_eq!(
        database.query("select indisvalid::text from pg_index where indexrelid = 'a_x'::regclass"),
        ["true"]
    );
}

#[test]
fn a_plan_goes_to_a_file_and_has_three_forms() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    let file = documents.file("plan.txt");
    let mut digests = Vec::new();
    for (format, start) in [("sql", "-- The migration of"), ("markdown", "# Migration of"), ("json", "{")] {
        let arguments = ["--format", format, "--output", file.to_str().unwrap()];
        let features = documents.file("a.sql");
        let outcome = plan_of(&database).features(&features).arguments(&arguments).run();
        assert_eq!((outcome.code, outcome.stdout.as_str()), (1, ""), "{}", outcome.stderr);
        let plan = std::fs::read_to_string(&file).unwrap();
        assert!(plan.starts_with(start) && plan.contains("create table a (x int)"), "{plan}");
        let at = plan.find("sha256:").unwrap();
        digests.push(plan[at..at + 71].to_owned());
    }
    assert_eq!(digests, vec![digests[0].clone(); 3]);
}

#[test]
fn what_cannot_be_read_is_said_and_the_rest_is_planned() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int); creat table b (x int)")]);
    let outcome = plan_of(&database).features(documents.path()).run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("a.sql:1"), "{}", outcome.stderr);
    assert!(outcome.stdout.contains("create table a (x int);"), "{}", outcome.stdout);
    let missing = documents.file("missing.sql");
    assert!(plan_of(&database).features(&missing).fail().contains("missing.sql"));
}

#[test]
fn what_would_make_it_fail_is_told_in_each_form_and_changes_no_digest() {
    let database = Database::with("create table a (x int); insert into a values (1), (1)");
    let sql =
        "create table a (x int); create unique index i on a (x); grant select on a to no_such_role_there";
    let documents = Documents::new(&[("a.sql", sql)]);
    let plain = plan_of(&database).features(documents.path()).report();
    assert_eq!(plain.0, 1);
    let names = |plan: &Value| -> Vec<String> {
        let blockers = plan["blockers"].as_array().unwrap().iter();
        blockers.map(|blocker| blocker["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(&plain.1), ["role-missing"]);
    assert_eq!(plain.1["blockers"][0]["remedy"], json!("CREATE ROLE no_such_role_there;"));
    assert_eq!(plain.1["checks"], json!([]));
    let (_, checked) = plan_of(&database).features(documents.path()).arguments(&["--check-data"]).report();
    assert_eq!(names(&checked), ["role-missing", "rows-are-not-unique"]);
    assert_eq!(checked["checks"][0]["outcome"], json!("broken"));
    assert_eq!(checked["digest"], plain.1["digest"]);
    let hazards = checked["segments"][0]["statements"][0]["hazards"].as_array().unwrap();
    assert_eq!(hazards[0]["name"], json!("index-build-locks-writes"));
    for format in ["sql", "markdown"] {
        let arguments = ["--check-data", "--format", format];
        let outcome = plan_of(&database).features(documents.path()).arguments(&arguments).run();
        let text = outcome.stdout.replace('\\', "");
        for said in ["rows-are-not-unique", "rows break it", "CREATE ROLE no_such_role_there;", "2 blockers"]
        {
            assert!(text.contains(said), "{said}: {text}");
        }
    }
    psql(&database, "drop table a; create table a (x int)");
    let (_, empty) = plan_of(&database).features(documents.path()).arguments(&["--check-data"]).report();
    assert_eq!(empty["checks"][0]["outcome"], json!("passed"));
    assert_eq!((&empty["hazards"], &empty["digest"]), (&json!(0), &plain.1["digest"]));
}

/// Of each plan of these tests, squawk finds only what a hazard says: see `command::lint`.
#[test]
fn the_plan_of_the_whole_example_says_what_may_go_wrong_where_rows_are() {
    let hazards = |database: &Database| {
        let (code, plan) = plan_of(database).features(&example("")).report();
        assert_eq!((code, &plan["unplannable"]), (1, &json!([])));
        plan["hazards"].as_u64().unwrap()
    };
    let database = half_built();
    database.execute(
        "set session_replication_role = replica;
         insert into user_consents (squad_id, purpose, wording) values (gen_random_uuid(), 'contact', 'yes')",
    );
    database.execute("analyze");
    assert!(hazards(&database) > 0);
    assert_eq!(hazards(&Database::new()), 0);
}
