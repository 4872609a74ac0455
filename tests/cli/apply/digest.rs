//! What was allowed is run, or nothing.

use serde_json::{Value, json};

use super::{apply_to, document, plan_of, result, started, waits_in_the_middle};
use crate::command::{Documents, text};
use crate::support::Database;

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
