//! Seed rows and queries: what gets no answer is unknown, with the reason, and hides nothing else.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::core::feature::{Feature, FeatureSet, RequiredQuery, Requires};
use schema_audit::core::kind::Kind;
use schema_audit::postgres::{Limits, Origin, Target, observe};

use crate::support::{Database, Server, pgbouncer};
use crate::wanted::{LIMITS, Seen, both, look, query, require, require_queries, row, seen, table};

/// A database with two tables of badges.
fn badges() -> Database {
    Database::with(
        "create table badges (key text primary key, points int); \
         insert into badges values ('early-bird', 1), ('it''s', 2); \
         create table levels (id int primary key); \
         insert into levels values (1)",
    )
}

fn unknown(reason: &str) -> Seen {
    Seen::Unknown(reason.to_owned())
}

#[tokio::test]
async fn rows_that_are_there_are_seen_and_others_are_missing() {
    let database = badges();
    let ids =
        [row("badges", "key", "early-bird"), row("badges", "key", "it's"), row("badges", "key", "none")];
    let observation = look(&database.url(), &both(require(ids.clone()), require([table("badges")]))).await;
    let all = ids.map(|id| seen(&observation, &id));
    assert_eq!(all, [Seen::Present, Seen::Present, Seen::Missing]);
}

#[tokio::test]
async fn queries_are_true_or_not() {
    let database = badges();
    let requirements = require_queries([
        ("enough", "select count(*) >= 2 from badges"),
        ("plenty", "select count(*) >= 200 from badges"),
        ("null", "select null::boolean"),
        ("nothing", "select true where false"),
        ("commented", "select true -- is it"),
    ]);
    let observation = look(&database.url(), &requirements).await;
    let all =
        ["enough", "plenty", "null", "nothing", "commented"].map(|name| seen(&observation, &query(name)));
    assert_eq!(all, [Seen::Present, Seen::Missing, Seen::Missing, Seen::Missing, Seen::Present]);
}

#[tokio::test]
async fn c11_without_select_a_row_is_unknown_until_the_named_grants_are_given() {
    let database = badges();
    database.execute("revoke all on schema public from public");
    let role = database.role();
    let url = database.url_as(&role.name, &role.password);
    let (id, requirements) =
        (row("badges", "key", "early-bird"), require([row("badges", "key", "early-bird")]));
    let Seen::Unknown(reason) = seen(&look(&url, &requirements).await, &id) else { panic!("it was seen") };
    let grants = reason.strip_prefix("permission denied: ").unwrap();
    assert_eq!(
        grants,
        format!(
            "GRANT USAGE ON SCHEMA \"public\" TO \"{0}\"; GRANT SELECT ON TABLE \"public\".\"badges\" TO \"{0}\"",
            role.name
        )
    );
    database.execute(grants);
    assert_eq!(seen(&look(&url, &requirements).await, &id), Seen::Present);
}

#[tokio::test]
async fn s6_rows_that_row_level_security_hides_are_unknown() {
    let database = badges();
    database.execute("alter table badges enable row level security; grant select on badges to public");
    let role = database.role();
    let id = row("badges", "key", "early-bird");
    let requirements =
        both(require([id.clone()]), require_queries([("any", "select count(*) > 0 from badges")]));
    let observation = look(&database.url_as(&role.name, &role.password), &requirements).await;
    let reason = unknown(&format!(
        "row-level security hides rows from the role: audit as the owner of the table, or ALTER ROLE \"{}\" BYPASSRLS",
        role.name
    ));
    assert_eq!(seen(&observation, &id), reason);
    assert_eq!(seen(&observation, &query("any")), reason);
}

#[tokio::test]
async fn s5_rows_of_a_locked_table_are_unknown_and_hide_no_other() {
    let database = badges();
    let _lock = database.lock("badges");
    let (locked, free) = (row("badges", "key", "early-bird"), row("levels", "id", "1"));
    let requirements = both(
        require([locked.clone(), free.clone(), table("badges")]),
        require_queries([("locked", "select count(*) > 0 from badges"), ("free", "select true")]),
    );
    let start = Instant::now();
    let observation = look(&database.url(), &requirements).await;
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(
        seen(&observation, &locked),
        unknown("locked by another session: waited 200 ms for its table")
    );
    assert_eq!(
        seen(&observation, &query("locked")),
        unknown("locked by another session: waited 200 ms for its table")
    );
    assert_eq!(seen(&observation, &free), Seen::Present);
    assert_eq!(seen(&observation, &query("free")), Seen::Present);
    assert_eq!(seen(&observation, &table("badges")), Seen::Present);
}

#[tokio::test]
async fn s5_k33_a_query_that_fails_hides_no_other() {
    let database = badges();
    let requirements = both(
        require([row("badges", "key", "early-bird")]),
        require_queries([
            ("a-broken", "select 1 / (points - 1) > 0 from badges"),
            ("b-misspelt", "select count(*) > 0 from bagdes"),
            ("c-fine", "select true"),
        ]),
    );
    let observation = look(&database.url(), &requirements).await;
    assert_eq!(seen(&observation, &query("a-broken")), unknown("the query failed (SQLSTATE 22012)"));
    assert_eq!(
        seen(&observation, &query("b-misspelt")),
        unknown("the query failed (SQLSTATE 42P01): relation \"bagdes\" does not exist")
    );
    assert_eq!(seen(&observation, &query("c-fine")), Seen::Present);
    assert_eq!(seen(&observation, &row("badges", "key", "early-bird")), Seen::Present);
}

#[tokio::test]
async fn one_constant_that_does_not_fit_hides_no_other_row() {
    let database = badges();
    let (bad, good) = (row("levels", "id", "first"), row("levels", "id", "1"));
    let observation = look(&database.url(), &require([bad.clone(), good.clone()])).await;
    assert_eq!(seen(&observation, &good), Seen::Present);
    assert_eq!(
        seen(&observation, &bad),
        unknown("its key does not fit the type of the column (SQLSTATE 22P02)")
    );
}

#[tokio::test]
async fn r75_an_error_tells_no_data() {
    let database = Database::with("create table t (secret text); insert into t values ('hunter2')");
    let requirements = require_queries([
        ("cast", "select secret::int = 1 from t"),
        ("name", "select secret::regclass is null from t"),
        ("raised", "select pg_catalog.set_config(secret, 'x', true) is null from t"),
    ]);
    let observation = look(&database.url(), &requirements).await;
    for name in ["cast", "name", "raised"] {
        let Seen::Unknown(reason) = seen(&observation, &query(name)) else { panic!("{name} was decided") };
        assert!(!reason.contains("hunter2"), "{reason}");
    }
}

#[tokio::test]
async fn a_query_that_writes_is_unknown_and_writes_nothing() {
    let database = badges();
    database.execute(
        "create function put() returns boolean language sql as $$ insert into levels values (2); select true $$; \
         create sequence s",
    );
    let requirements =
        require_queries([("function", "select put()"), ("sequence", "select nextval('s') > 0")]);
    let observation = look(&database.url(), &requirements).await;
    let written = "the query cannot be looked at without writing, which an audit never does";
    assert_eq!(seen(&observation, &query("function")), unknown(written));
    assert_eq!(seen(&observation, &query("sequence")), unknown(written));
    assert_eq!(database.query("select count(*) from levels"), ["1"]);
    assert_eq!(database.query("select is_called from s"), ["f"]);
}

#[tokio::test]
async fn r75_statements_hidden_in_a_query_never_get_to_the_server() {
    let database = badges();
    let query = |name: &str, sql: &str| RequiredQuery { name: name.to_owned(), sql: sql.to_owned() };
    let queries = vec![
        query("statements", "select true; commit; insert into levels values (3)"),
        query(
            "bracket",
            "select true) as answer) as q; commit; insert into levels values (4); select (select (true",
        ),
        query("with", "with w as (insert into levels values (5) returning true) select * from w"),
    ];
    let feature = Feature {
        name: "badges".into(),
        requires: Requires { queries, ..Requires::default() },
        ..Feature::default()
    };
    let set = FeatureSet { name: "shop".into(), features: vec![feature], ..FeatureSet::default() };
    let requirements = Requirements::of(&set, &Selection::default());
    assert_eq!(requirements.problems.len(), 2, "{:?}", requirements.problems);
    let observation = look(&database.url(), &requirements).await;
    assert!(observation.catalog.of_kind(Kind::Query).next().is_none());
    assert_eq!(database.query("select count(*) from levels"), ["1"]);
}

#[tokio::test]
async fn a_slow_query_is_unknown_and_nothing_goes_on_running() {
    let database = badges();
    let requirements = both(
        require([row("badges", "key", "early-bird")]),
        require_queries([("a-slow", "select pg_sleep(60) is not null"), ("b-fast", "select true")]),
    );
    let target = Target::parse(&database.url(), None, Origin::CommandLine).unwrap();
    let limits = Limits { total: Duration::from_secs(3), ..LIMITS };
    let observation = observe(&target, &requirements, &limits).await.unwrap();
    let Seen::Unknown(reason) = seen(&observation, &query("a-slow")) else { panic!("it was decided") };
    assert!(reason.starts_with("took longer than "), "{reason}");
    assert_eq!(seen(&observation, &query("b-fast")), Seen::Present);
    assert_eq!(seen(&observation, &row("badges", "key", "early-bird")), Seen::Present);
    nothing_is_left(&database);
}

#[tokio::test]
async fn what_the_time_limit_cuts_off_is_unknown_and_nothing_goes_on_running() {
    let database = badges();
    let slow = ["a", "b", "c", "d", "e"].map(|name| (name, "select pg_sleep(60) is not null"));
    let target = Target::parse(&database.url(), None, Origin::CommandLine).unwrap();
    let limits = Limits { total: Duration::from_secs(1), ..LIMITS };
    let start = Instant::now();
    let observation = observe(&target, &require_queries(slow), &limits).await.unwrap();
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    assert_eq!(
        seen(&observation, &query("e")),
        unknown("not looked at: the time limit of 1 s passed before")
    );
    assert_eq!(observation.unseen.len(), 5);
    nothing_is_left(&database);
}

fn nothing_is_left(database: &Database) {
    database.session().wait_until(
        "select count(*) from pg_stat_activity where application_name = 'schema-audit' and datname = current_database()",
        "0",
    );
}

#[tokio::test]
async fn v1_a_failed_probe_leaves_no_failed_transaction_in_a_pooled_session() {
    let database = badges();
    let url = pgbouncer().url_of(database.name());
    let requirements = both(
        require([row("badges", "key", "early-bird")]),
        require_queries([("a-broken", "select 1 / 0 > 0"), ("b-fine", "select true")]),
    );
    for _ in 0..2 {
        let observation = look(&url, &requirements).await;
        assert_eq!(seen(&observation, &query("a-broken")), unknown("the query failed (SQLSTATE 22012)"));
        assert_eq!(seen(&observation, &query("b-fine")), Seen::Present);
        assert_eq!(seen(&observation, &row("badges", "key", "early-bird")), Seen::Present);
    }
    let failed = "select count(*) from pg_stat_activity where datname = current_database() and state <> 'idle' \
                  and pid <> pg_backend_pid() and backend_type = 'client backend'";
    database.session().wait_until(failed, "0");
}

#[tokio::test]
async fn v7_rows_and_queries_are_seen_on_a_standby() {
    let primary = Server::start(&[]);
    let database = Database::on(&primary);
    database.execute("create table badges (key text primary key); insert into badges values ('early-bird')");
    let standby = primary.standby();
    let requirements = both(
        require([table("badges"), row("badges", "key", "early-bird")]),
        require_queries([("any", "select count(*) > 0 from badges")]),
    );
    let observation = look(&standby.url_of(database.name()), &requirements).await;
    assert!(observation.server.in_recovery);
    for id in [table("badges"), row("badges", "key", "early-bird"), query("any")] {
        assert_eq!(seen(&observation, &id), Seen::Present, "{id}");
    }
}

/// A standby that waits for nobody: whatever stands in the way of its replay is cancelled at once.
#[tokio::test]
async fn v8_what_the_replay_of_a_standby_cancels_is_unknown_and_hides_no_other() {
    let primary = Server::start(&[]);
    let database = Database::on(&primary);
    database.execute("create table badges (key text primary key); insert into badges values ('early-bird')");
    let at = primary.directory().display().to_string();
    let standby = Server::start(&["--standby-of", &at, "--set", "max_standby_streaming_delay=0"]);
    let requirements = both(
        require([table("badges"), row("badges", "key", "early-bird")]),
        require_queries([
            ("a-slow", "select pg_sleep(2) is not null from badges"),
            ("b-fast", "select true"),
        ]),
    );
    let over = AtomicBool::new(false);
    let observation = std::thread::scope(|scope| {
        let replayed = scope.spawn(|| {
            let session = database.session();
            while !over.load(Ordering::Relaxed) {
                session.execute("begin; lock table badges in access exclusive mode; commit");
            }
        });
        let url = standby.url_of(database.name());
        let looked = scope.spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(look(&url, &requirements))
        });
        let looked = looked.join();
        over.store(true, Ordering::Relaxed);
        replayed.join().unwrap();
        looked.unwrap()
    });
    assert!(observation.server.in_recovery);
    let Seen::Unknown(reason) = seen(&observation, &query("a-slow")) else { panic!("it was decided") };
    assert!(
        reason == "the query failed (SQLSTATE 40001)" || reason.starts_with("locked by another session"),
        "{reason}"
    );
    assert_ne!(seen(&observation, &row("badges", "key", "early-bird")), Seen::Missing);
    assert_eq!(seen(&observation, &table("badges")), Seen::Present);
    assert_eq!(seen(&observation, &query("b-fast")), Seen::Present);
}
