//! Killed, and run again.

use serde_json::json;

use super::{apply_to, result, rows, started, waits, waits_in_the_middle};
use crate::command::{Documents, Running};
use crate::support::Database;

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
