//! Ended by a signal.

use std::process::Command;

use serde_json::{Value, json};

use super::{apply_to, document, result, started, waits_in_the_middle};
use crate::command::{Documents, text};
use crate::support::Database;

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
fn at_a_commit_that_takes_long_the_first_signal_says_what_is_waited_for() {
    let database = Database::new();
    // What a deferred trigger does happens at the commit.
    let documents = Documents::new(&[(
        "all.sql",
        "create function late() returns trigger language plpgsql as
             'begin perform pg_advisory_xact_lock(4711); return null; end';
         create table a (x int);
         create constraint trigger late after insert on a deferrable initially deferred
             for each row execute function late();
         insert into a values (1);
         create index concurrently a_x on a (x)",
    )]);
    let holder = database.session();
    holder.execute("select pg_advisory_lock(4711)");
    let mut running = started(&database, &documents, &[]);
    running.signal("INT");
    running.wait_for_error("the commit that is under way is not cancelled");
    holder.execute("select pg_advisory_unlock(4711)");
    let outcome = running.wait();
    assert_eq!(outcome.code, 1, "{}{}", outcome.stdout, outcome.stderr);
    for part in ["4 of 5 statements stand (1 of 2 segments are committed)", "nothing else was under way"] {
        assert!(outcome.stderr.contains(part), "{part}: {}", outcome.stderr);
    }
    assert_eq!(database.query("select x from a"), ["1"]);

    database.execute("drop table a; drop function late()");
    holder.execute("select pg_advisory_lock(4711)");
    let mut running = started(&database, &documents, &[]);
    running.signal("INT");
    running.wait_for_error("once more ends this at once");
    running.signal("INT");
    let outcome = running.wait();
    assert_eq!(outcome.code, 1, "{}", outcome.stderr);
    let unknown = "whether the segment that was under way is committed is not known";
    assert!(outcome.stderr.contains(unknown), "{}", outcome.stderr);
}
