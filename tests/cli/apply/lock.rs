//! Locks: those that statements meet, and the one that keeps other migrations out.

use serde_json::json;

use super::{apply_to, result, started, waits_in_the_middle};
use crate::command::{Documents, call, text};
use crate::support::{Database, pgbouncer};

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
