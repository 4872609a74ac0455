//! `schema-audit apply` on real databases: what it runs, what it refuses, and what stands when it is broken off.

use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

use crate::command::{Call, Documents, Outcome, Running, audit_of, call, example, findings, text};
use crate::plan::FEATURES;
use crate::support::{Database, pgbouncer};

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

const THREE: &str = "create schema crm;
    create table a (x int);
    create type mood as enum ('sad');
    create index concurrently a_x on a (x);
    alter type mood add value 'ok';
    set search_path = crm, public;
    create table b (m mood default 'ok')";

/// What [`THREE`] goes on from.
const PART: &str = "create table a (x int); create type mood as enum ('sad'); insert into a values (1)";

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
    assert!(statements[0].starts_with("statement 1 of 4: all ") && statements[0].ends_with(" s"), "{told}");
    assert!(told.contains("segment 4 of 4 is committed"), "{told}");
    assert_eq!(database.query("select x from a"), ["1"]);
}

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

#[test]
fn only_the_plan_of_the_digest_is_run() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int); create table b (x int)")]);
    let plan = |database: &Database| plan_of(database).features(documents.path()).report().1;
    let digest = text(&plan(&database)["digest"]).to_owned();
    database.execute("create table a (x int); insert into a values (7)");
    let run = |digest: &str| {
        result(apply_to(&database).features(documents.path()).arguments(&["--expect-plan", digest]))
    };
    let (code, outdated) = run(&digest);
    assert_eq!((code, &outdated["outcome"]), (3, &json!("outdated")));
    let now = plan(&database);
    assert_eq!(outdated["planDigest"], now["digest"]);
    assert_eq!(database.query("select to_regclass('b')"), [""]);
    let (code, applied) = run(text(&now["digest"]));
    assert_eq!((code, &applied["outcome"]), (0, &json!("applied")), "{applied:#}");
    assert_eq!(applied["statements"], json!({"run": 1, "of": 1}));
    assert_eq!(applied["verified"]["compliant"], json!(true));
    // Once more, as after a result that got lost: it is there.
    let (code, again) = run(text(&now["digest"]));
    assert_eq!((code, &again["statements"]), (0, &json!({"run": 0, "of": 0})), "{again:#}");
    assert_eq!(database.query("select x from a"), ["7"]);
    assert!(
        apply_to(&database)
            .features(documents.path())
            .arguments(&["--expect-plan", "sha256:1"])
            .fail()
            .contains("digest")
    );
}

#[test]
fn the_timeouts_are_part_of_the_digest_and_in_force() {
    let database = Database::with("create table shown (name text, value text)");
    let documents = Documents::new(&[(
        "a.sql",
        "create table shown (name text, value text);
         create table a (x int);
         -- schema-audit: when-missing table/a
         insert into shown select name, current_setting(name)
             from unnest(array['lock_timeout', 'statement_timeout']) name",
    )]);
    let digest = |arguments: &[&str]| {
        plan_of(&database).features(documents.path()).arguments(arguments).report().1["digest"].clone()
    };
    let other = ["--lock-timeout", "1500ms", "--statement-timeout", "2m"];
    assert_eq!(digest(&[]), digest(&["--lock-timeout", "5s", "--statement-timeout", "600s"]));
    let expected = digest(&other);
    assert_ne!(digest(&[]), expected);
    let call = apply_to(&database).features(documents.path()).arguments(&other);
    let (code, applied) = result(call.arguments(&["--expect-plan", text(&expected)]));
    assert_eq!(code, 0, "{applied:#}");
    assert_eq!(database.query("select value from shown order by name"), ["1500ms", "2min"]);
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

#[test]
fn a_transaction_that_meets_a_lock_is_tried_again_and_not_for_ever() {
    let database = Database::with("create table a (x int)");
    let documents = Documents::new(&[(
        "a.sql",
        "create table a (x int); create table b (x int); alter table a add y int",
    )]);
    let call = |retries: &str| {
        let arguments = ["--yes", "--lock-timeout", "100ms", "--retries", retries];
        apply_to(&database).features(documents.path()).arguments(&arguments)
    };
    let holder = database.session();
    // It does not keep the look waiting: only the statement.
    holder.execute("begin; lock table a in row exclusive mode");
    let outcome = call("1").run();
    assert_eq!(outcome.code, 4, "{}", outcome.stderr);
    assert_eq!(outcome.stdout.matches("is rolled back (SQLSTATE 55P03)").count(), 1, "{}", outcome.stdout);
    assert!(outcome.stderr.contains("--lock-timeout"), "{}", outcome.stderr);
    assert_eq!(database.query("select to_regclass('b')::text"), [""]);
    let running = call("60").start();
    // Two tries failed once the second one waits for the lock.
    database.session().wait_until(
        "select (count(*) > 0)::text from pg_locks l join pg_database d on d.oid = l.database
         where d.datname = current_database() and l.relation = 'a'::regclass and not l.granted",
        "true",
    );
    holder.execute("rollback");
    let outcome = running.wait();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
}

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
fn a_signal_cancels_the_statement_rolls_back_and_says_what_stands() {
    for signal in ["INT", "TERM"] {
        let database = Database::with("create table a (x int); insert into a values (1)");
        let documents = waits_in_the_middle();
        let holder = database.session();
        holder.execute("select pg_advisory_lock(4711)");
        let running = started(&database, &documents, &["--format", "json"]);
        running.signal(signal);
        let outcome = running.wait();
        let stopped = document(&outcome);
        assert_eq!((outcome.code, &stopped["outcome"]), (1, &json!("stopped")), "{stopped:#}");
        assert_eq!(stopped["segments"]["run"], json!(1));
        assert!(text(&stopped["message"]).contains("is rolled back"), "{stopped:#}");
        // Not waited for: the session is gone, and its transaction with it.
        assert_eq!(database.query("select to_regclass('b')"), [""]);
        assert_eq!(database.query("select 'a_x'::regclass"), ["a_x"]);
        let held =
            "select count(*) from pg_locks where locktype = 'advisory' and objsubid = 1 and classid > 1
            and database = (select oid from pg_database where datname = current_database())";
        database.session().wait_until(held, "0");
        holder.execute("select pg_advisory_unlock(4711)");
        let (code, applied) = result(apply_to(&database).features(documents.path()).arguments(&["--yes"]));
        assert_eq!(code, 0, "{applied:#}");
        assert_eq!(database.query("select x from b"), ["1"]);
    }
}

/// The process of the server that runs what `running` waits in. It belongs to whoever started the server: as these tests do.
fn process_of(database: &Database) -> String {
    let sql =
        "select pid from pg_stat_activity where datname = current_database() and wait_event = 'advisory'";
    database.query(sql).concat()
}

fn kill(signal: &str, process: &str) {
    assert!(Command::new("kill").args(["-s", signal, process]).status().unwrap().success());
}

#[test]
fn a_server_that_does_not_roll_back_in_time_is_left_to_itself() {
    let database = Database::with("create table a (x int)");
    let documents = waits_in_the_middle();
    let holder = database.session();
    holder.execute("select pg_advisory_lock(4711)");
    let running = started(&database, &documents, &["--format", "json"]);
    let process = process_of(&database);
    kill("STOP", &process);
    running.signal("INT");
    let outcome = running.wait();
    kill("CONT", &process);
    let stopped = document(&outcome);
    assert_eq!((outcome.code, &stopped["outcome"]), (1, &json!("stopped")), "{stopped:#}");
    assert!(text(&stopped["message"]).contains("did not end what was under way in time"), "{stopped:#}");
    assert_eq!(stopped["segments"], json!({"run": 1, "of": 4}));
    let gone = "select count(*) from pg_stat_activity where datname = current_database()
        and application_name = 'schema-audit'";
    database.session().wait_until(gone, "0");
    assert_eq!(database.query("select to_regclass('b')"), [""]);
}

#[test]
fn a_second_signal_ends_it_at_once_and_what_is_known_is_said() {
    let database = Database::with("create table a (x int)");
    let documents = waits_in_the_middle();
    let holder = database.session();
    holder.execute("select pg_advisory_lock(4711)");
    let message = documents.path().join("message");
    let arguments = ["--termination-message", message.to_str().unwrap()];
    let mut running = started(&database, &documents, &arguments);
    let process = process_of(&database);
    kill("STOP", &process);
    running.signal("INT");
    running.wait_for_error("once more ends this at once");
    running.signal("INT");
    let outcome = running.wait();
    // The server goes on only now: nothing was waited for.
    kill("CONT", &process);
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    for part in
        ["ended at once: 1 of ", "(1 of 4 segments are committed)", "the server rolls back the segment"]
    {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
    let written: Value = serde_json::from_str(&std::fs::read_to_string(message).unwrap()).unwrap();
    assert_eq!(written["outcome"], json!("stopped"), "{written:#}");
    let gone = "select count(*) from pg_stat_activity where datname = current_database()
        and application_name = 'schema-audit'";
    database.session().wait_until(gone, "0");
    assert_eq!(database.query("select to_regclass('b')"), [""]);
    assert_eq!(database.query("select 'a_x'::regclass"), ["a_x"]);
}

#[test]
fn what_was_allowed_and_broken_off_is_gone_on_with_where_its_rest_is_known() {
    let database = Database::with("create table a (x int); insert into a values (1)");
    let documents = waits_in_the_middle();
    let file = documents.path().join("plan.json");
    let plan = plan_of(&database).features(documents.path()).arguments(&["--format", "json"]).run().stdout;
    std::fs::write(&file, &plan).unwrap();
    let plan: Value = serde_json::from_str(&plan).unwrap();
    let (file, digest) = (file.to_str().unwrap().to_owned(), text(&plan["digest"]).to_owned());
    assert_eq!(plan["segments"][0]["digest"], plan["digest"]);
    let holder = database.session();
    holder.execute("select pg_advisory_lock(4711)");
    let running = started(&database, &documents, &["--expect-plan", &file]);
    running.signal("KILL");
    assert_eq!(running.wait().code, -1);
    let gone = "select count(*) from pg_stat_activity where datname = current_database()
        and application_name = 'schema-audit'";
    drop(holder);
    database.session().wait_until(gone, "0");
    let run = |expected: &str| {
        apply_to(&database).features(documents.path()).arguments(&["--expect-plan", expected]).run()
    };
    let outdated = run(&digest);
    assert_eq!(outdated.code, 3, "{}", outdated.stderr);
    for part in [digest.as_str(), text(&plan["segments"][1]["digest"]), "--expect-plan the file"] {
        assert!(outdated.stderr.contains(part), "{part}: {}", outdated.stderr);
    }
    // Another plan is no rest of this one.
    database.execute("create table d (x int)");
    let other = run(&file);
    assert_eq!(other.code, 3, "{}", other.stderr);
    database.execute("drop table d");
    let applied = run(&file);
    assert_eq!(applied.code, 0, "{}{}", applied.stdout, applied.stderr);
    assert!(applied.stdout.contains(&format!("Going on with what is left of the plan {digest}")));
    assert_eq!(database.query("select x from b"), ["1"]);
    assert_eq!(run(&file).code, 0);
    let fails = |name: &str, content: &str| {
        std::fs::write(documents.path().join(name), content).unwrap();
        let name = documents.path().join(name);
        let call = apply_to(&database).features(documents.path());
        call.arguments(&["--expect-plan", name.to_str().unwrap()]).fail()
    };
    assert!(fails("no.json", "{}").contains("plan --format json"));
    assert!(fails("bad.json", r#"{"digest": "sha256:1", "segments": []}"#).contains("digest"));
}

#[test]
fn a_job_whose_pod_went_in_the_middle_goes_on_in_another_one() {
    let database = Database::new();
    let sql = "create table a (x int); create index concurrently a_x on a (x); create table b (x int)";
    let plan = |documents: &Documents| {
        let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
        let (bundle, secret) = (file("bundle"), file("secret"));
        let plan = call("plan").arguments(&["--bundle", &bundle, "--secret-directory", &secret]).report().1;
        let segments = plan["segments"].as_array().unwrap().clone();
        segments.iter().map(|segment| text(&segment["digest"]).to_owned()).collect::<Vec<_>>()
    };
    let rests = plan(&mounted(&database, sql));
    assert_eq!(rests.len(), 3);
    database.execute("create table a (x int)");
    database.execute("create index concurrently a_x on a (x)");
    let apply = |rests: &[String], digest: &str| {
        let documents = mounted_for(&database, sql, None, rests);
        let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
        let from = ["--bundle", &file("bundle"), "--secret-directory", &file("secret")];
        call("apply").arguments(&from).arguments(&["--expect-plan", digest, "--yes"]).run().code
    };
    assert_eq!(apply(&[], &rests[0]), 3);
    assert_eq!(apply(&rests, &rests[0]), 0);
    assert_eq!(database.query("select to_regclass('b')"), ["b"]);
}

#[test]
fn the_settings_of_the_session_hold_after_a_segment_outside_of_a_transaction() {
    let database = Database::with("create table shown (name text, value text); create table a (x int)");
    if database.query("show server_version_num").concat().parse::<u32>().unwrap() < 140_000 {
        return;
    }
    database.execute("set session_replication_role = origin");
    let documents = Documents::new(&[(
        "a.sql",
        "create table shown (name text, value text); create table a (x int);
         create index concurrently a_x on a (x);
         create table b (x int);
         -- schema-audit: when-missing table/b
         insert into shown select name, current_setting(name)
             from unnest(array['client_connection_check_interval', 'idle_session_timeout']) name",
    )]);
    let role = database.role();
    database.execute(&format!(
        "alter role {0} superuser; alter role {0} set idle_session_timeout = '1h'",
        role.name
    ));
    let url = database.url_as(&role.name, &role.password);
    let call = call("apply").environment("DATABASE_URL", &url).features(documents.path());
    let outcome = call.arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert_eq!(database.query("select value from shown order by name"), ["1s", "0"]);
    database.execute(&format!("drop owned by {} cascade", role.name));
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
fn killed_in_a_segment_it_goes_on_from_the_last_committed_one_and_makes_nothing_twice() {
    let database = Database::with("create table a (x int); insert into a values (1), (2)");
    let documents = waits_in_the_middle();
    let before = rows(&database);
    for _ in 0..3 {
        let holder = database.session();
        holder.execute("select pg_advisory_lock(4711)");
        let running = started(&database, &documents, &[]);
        running.signal("KILL");
        assert_eq!(running.wait().code, -1);
        // The server's process is still there, in its statement, with the lock: the next one waits for it.
        let second = started_second(&database, &documents);
        holder.execute("select pg_advisory_unlock(4711)");
        drop(holder);
        let outcome = second.wait();
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
        assert_eq!(database.query("select x from b"), ["1"]);
        assert!(rows(&database).contains(&before[0]));
        database.execute("drop table b, c, d; drop index a_x");
    }
}

/// Starts one more, and waits until it waits for the first one's lock, or has its statement wait too.
fn started_second(database: &Database, documents: &Documents) -> Running {
    apply_to(database).features(documents.path()).arguments(&["--yes"]).start()
}

#[test]
fn killed_between_segments_and_in_a_concurrent_build_it_ends_compliant() {
    let database = Database::with("create table a (x int); insert into a values (1), (2)");
    let documents = waits_in_the_middle();
    let before = rows(&database);
    // A transaction that wrote the table keeps the concurrent build waiting.
    let writer = database.session();
    writer.execute("begin; insert into a values (3)");
    let running = apply_to(&database).features(documents.path()).arguments(&["--yes"]).start();
    waits(&database, "virtualxid");
    running.signal("KILL");
    assert_eq!(running.wait().code, -1);
    // Its process ends by itself, since nobody is there any more.
    let gone = "select count(*) from pg_stat_activity where datname = current_database()
        and query ilike 'create index concurrently a_x%' and pid <> pg_backend_pid()";
    let ends_itself =
        database.query("select (current_setting('server_version_num')::int >= 140000)::text") == ["true"];
    if ends_itself {
        database.session().wait_until(gone, "0");
        assert_eq!(
            database.query("select indisvalid::text from pg_index where indexrelid = 'a_x'::regclass"),
            ["false"]
        );
    }
    writer.execute("rollback");
    drop(writer);
    let (code, left) = result(apply_to(&database).features(documents.path()).arguments(&["--yes"]));
    if ends_itself {
        assert_eq!((code, &left["invalidIndexes"]), (1, &json!(["index/public.a_x"])), "{left:#}");
    }
    let (code, done) =
        result(apply_to(&database).features(documents.path()).arguments(&["--yes", "--rebuild-invalid"]));
    assert_eq!(code, 0, "{done:#}");
    assert!(rows(&database).contains(&before[0]));
    assert_eq!(database.query("select x from b"), ["1"]);
}

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
fn a_dry_run_rolls_back_and_names_what_it_could_not_try() {
    let database = Database::with(PART);
    let documents = Documents::new(&[("all.sql", THREE)]);
    let before = dumped(&database);
    let (code, tried) =
        result(apply_to(&database).features(documents.path()).arguments(&["--yes", "--dry-run"]));
    assert_eq!((code, &tried["outcome"]), (0, &json!("tried")), "{tried:#}");
    let not_tried: Vec<&str> = tried["notTried"].as_array().unwrap().iter().map(text).collect();
    assert_eq!(not_tried.len(), 2, "{not_tried:?}");
    assert!(not_tried[0].contains("all.sql:4: it cannot run in a transaction"), "{not_tried:?}");
    assert!(not_tried[1].contains("all.sql:7: it uses a label"), "{not_tried:?}");
    assert_eq!(dumped(&database), before);

    let documents =
        Documents::new(&[("bad.sql", "create table b (x int);\ncreate table c (x int default 'no')")]);
    let outcome = apply_to(&database).features(documents.path()).arguments(&["--yes", "--dry-run"]).run();
    assert_eq!(outcome.code, 1, "{}", outcome.stdout);
    assert!(
        outcome.stderr.contains("bad.sql:2") && outcome.stderr.contains("rolled back"),
        "{}",
        outcome.stderr
    );
    assert_eq!(dumped(&database), before);
}

#[test]
fn v5_v6_a_pooler_in_transaction_mode_is_refused() {
    let bouncer = pgbouncer();
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int)")]);
    for _ in 0..3 {
        let outcome = call("apply")
            .environment("DATABASE_URL", &bouncer.url_of(database.name()))
            .features(documents.path())
            .arguments(&["--yes"])
            .run();
        assert_eq!(outcome.code, 2, "{}{}", outcome.stdout, outcome.stderr);
        assert!(outcome.stderr.contains("a pooler stands before the server"), "{}", outcome.stderr);
    }
    assert_eq!(database.query("select to_regclass('a')"), [""]);
    // Nothing of it is left behind on the pooler's processes.
    let held = "select count(*) from pg_locks where locktype = 'advisory'
        and database = (select oid from pg_database where datname = current_database())";
    assert_eq!(database.query(held), ["0"]);
}

#[test]
fn two_at_once_never_run_together_and_the_second_finds_it_done() {
    let database = Database::with("create table a (x int)");
    let documents = waits_in_the_middle();
    let holder = database.session();
    holder.execute("select pg_advisory_lock(4711)");
    let first = started(&database, &documents, &[]);
    let refused = apply_to(&database).features(documents.path()).arguments(&["--yes", "--lock-wait", "1ms"]);
    let (code, locked) = result(refused);
    assert_eq!((code, &locked["outcome"]), (4, &json!("locked")), "{locked:#}");
    assert!(text(&locked["message"]).contains("the session with process id "), "{locked:#}");
    assert!(text(&locked["message"]).contains("application schema-audit"), "{locked:#}");
    holder.execute("select pg_advisory_unlock(4711)");
    let (one, other) =
        (first.wait(), apply_to(&database).features(documents.path()).arguments(&["--yes"]).run());
    assert_eq!((one.code, other.code), (0, 0), "{}{}", one.stderr, other.stderr);
    assert_eq!(database.query("select x from b"), ["1"]);
}

#[test]
fn a_database_that_changes_while_the_lock_is_waited_for_makes_the_plan_outdated() {
    let database = Database::new();
    let documents = Documents::new(&[("a.sql", "create table a (x int); create table b (x int)")]);
    let holder = database.session();
    let key = "select pg_advisory_lock((1396798820::bigint << 32) | oid::bigint) from pg_database
        where datname = current_database()";
    holder.execute(key);
    let running =
        apply_to(&database).features(documents.path()).arguments(&["--yes", "--format", "json"]).start();
    let polls = "select (count(*) > 0)::text from pg_stat_activity where datname = current_database()
        and application_name = 'schema-audit' and (query like '%pg_try_advisory_lock%' or query like '%pg_locks%')";
    database.session().wait_until(polls, "true");
    database.execute("create table a (x int)");
    drop(holder);
    let outcome = running.wait();
    assert_eq!((outcome.code, &document(&outcome)["outcome"]), (3, &json!("outdated")), "{}", outcome.stderr);
    assert_eq!(database.query("select to_regclass('b')"), [""]);
}

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

/// A bundle and a Secret as Kubernetes mounts them.
fn mounted(database: &Database, sql: &str) -> Documents {
    mounted_for(database, sql, None, &[])
}

/// The same for a plan of this database, of which this may be left.
fn mounted_for(
    database: &Database,
    sql: &str,
    database_of_plan: Option<String>,
    rests: &[String],
) -> Documents {
    use schema_audit::api::schema_audit::SecretReference;
    use schema_audit::bundle::{Bundle, Wanted, encode};
    use schema_audit::core::audit::requirement::Selection;
    use schema_audit::core::feature::{Feature, FeatureSet, Source};
    use schema_audit::core::plan::Terms;
    let source = Source { name: "ConfigMap shop, key a.sql".into(), text: sql.into() };
    let feature = Feature { name: "core".into(), sources: vec![source], ..Feature::default() };
    let set = FeatureSet { name: "shop".into(), features: vec![feature], ..FeatureSet::default() };
    let bundle = Bundle {
        wanted: vec![Wanted { set, selection: Selection::default() }],
        secret_ref: SecretReference { name: "shop-owner".into(), ..SecretReference::default() },
        ca_key: None,
        ask_planner: true,
        look_timeout_milliseconds: 20_000,
        settings: schema_audit::core::plan::Settings::default(),
        rests: rests.to_vec(),
        terms: Terms {
            said: vec![("runs with".into(), "Secret shop-owner".into())],
            database: database_of_plan,
        },
    };
    let documents = Documents::new(&[]);
    for directory in ["bundle", "secret", "secret/..data"] {
        std::fs::create_dir(documents.file(directory)).unwrap();
    }
    for (key, part) in encode(&bundle, 200).unwrap().parts {
        std::fs::write(documents.file("bundle").join(key), part).unwrap();
    }
    let url = format!("{}?sslmode=disable", database.url().split('?').next().unwrap());
    std::fs::write(documents.file("secret/uri"), url).unwrap();
    documents
}

#[test]
fn a_job_reads_the_bundle_and_the_secret_from_directories() {
    let database = Database::new();
    let documents = mounted(&database, "create table a (x int)");
    let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
    let (bundle, secret, message) = (file("bundle"), file("secret"), file("termination-log"));
    let from = ["--bundle", &bundle, "--secret-directory", &secret];
    let (code, plan) = call("plan").arguments(&from).report();
    assert_eq!(code, 1, "{plan:#}");
    let digest = text(&plan["digest"]);
    let allowed = ["--expect-plan", digest, "--yes", "--termination-message", &message];
    let outcome = call("apply").arguments(&from).arguments(&allowed).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    let result: Value = serde_json::from_str(&std::fs::read_to_string(message).unwrap()).unwrap();
    assert_eq!((&result["outcome"], &result["planDigest"]), (&json!("applied"), &json!(digest)));
    assert_eq!(database.query("select to_regclass('a')"), ["a"]);
    std::fs::remove_file(file("secret") + "/uri").unwrap();
    let outcome = call("apply").arguments(&from).arguments(&["--yes"]).run();
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("Secret shop-owner has no key uri or host"), "{}", outcome.stderr);
}

#[test]
fn a_bundle_of_another_database_or_of_other_terms_is_outdated_and_nothing_is_touched() {
    let (approved, other) = (Database::new(), Database::new());
    let identity = |database: &Database| {
        let asked = "select c.system_identifier || '/' || d.oid from pg_control_system() as c, pg_database as d \
             where d.datname = current_database()";
        database.query(asked).concat()
    };
    let sql = "create table a (x int)";
    let call = |command: &str, documents: &Documents| {
        let file = |name: &str| documents.file(name).to_str().unwrap().to_owned();
        call(command).arguments(&["--bundle", &file("bundle"), "--secret-directory", &file("secret")])
    };
    let documents = mounted_for(&approved, sql, Some(identity(&approved)), &[]);
    let (_, plan) = call("plan", &documents).report();
    let digest = text(&plan["digest"]).to_owned();
    let elsewhere = mounted_for(&other, sql, Some(identity(&approved)), &[]);
    let otherwise = mounted_for(&other, "create table a (x bigint)", Some(identity(&other)), &[]);
    let any = mounted_for(&other, sql, None, &[]);
    for documents in [elsewhere, otherwise, any] {
        let outcome = call("apply", &documents).arguments(&["--expect-plan", &digest]).run();
        assert_eq!(outcome.code, 3, "{}{}", outcome.stdout, outcome.stderr);
        assert_eq!(other.query("select to_regclass('a')"), [""]);
    }
    let outcome = call("apply", &documents).arguments(&["--expect-plan", &digest]).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(approved.query("select to_regclass('a')"), ["a"]);
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

/// Statements with a place to wait before each of them: the test holds the lock of the place.
fn with_places(count: usize) -> Documents {
    use std::fmt::Write as _;
    let mut sql = String::from("create table a (x int);\n");
    for n in 1..=count {
        write!(
            sql,
            "create table t{n} (x int);\ninsert into t{n} values ({n});\n\
             -- schema-audit: when-missing table/u{n}\nselect pg_advisory_xact_lock(4711, {n});\n\
             create table u{n} (x int);\ncreate index concurrently a_{n} on a (x);\n"
        )
        .unwrap();
    }
    Documents::new(&[("all.sql", &sql)])
}

#[test]
fn killed_at_ten_points_and_run_again_nothing_is_made_twice() {
    const PLACES: usize = 10;
    let database = Database::with("create table a (x int); insert into a values (1), (2)");
    let documents = with_places(PLACES);
    let before = rows(&database);
    let run = || apply_to(&database).features(documents.path()).arguments(&["--yes"]);
    for place in 1..=PLACES {
        let holder = database.session();
        holder.execute(&format!("select pg_advisory_lock(4711, {place})"));
        let running = run().start();
        waits(&database, "advisory");
        running.signal("KILL");
        assert_eq!(running.wait().code, -1);
        assert_eq!(
            database
                .query(&format!("select count(*) from pg_class where relname in ('t{place}', 'u{place}')")),
            ["0"],
            "the segment that was under way is not committed"
        );
        let committed = "select count(*) from pg_index where indrelid = 'a'::regclass and indisvalid";
        assert_eq!(database.query(committed), [(place - 1).to_string()]);
        let gone = "select count(*) from pg_stat_activity where datname = current_database()
            and application_name = 'schema-audit'";
        drop(holder);
        database.session().wait_until(gone, "0");
    }
    let outcome = run().run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    for n in 1..=PLACES {
        assert_eq!(database.query(&format!("select x from t{n}")), [n.to_string()]);
    }
    assert!(rows(&database).contains(&before[0]));
    assert!(run().run().stdout.starts_with("There is nothing to run."));
}
