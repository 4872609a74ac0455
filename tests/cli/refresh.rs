//! `schema-audit refresh`: views in the order of what they read, and what fails alone.

use crate::command::{Call, Outcome, call};
use crate::support::{Database, Server, pgbouncer};

const VIEWS: &str = "create table t (a int); insert into t values (1);
    create materialized view z_base as select a from t; create unique index on z_base (a);
    create view between as select a from z_base;
    create materialized view a_top as select a + 1 as a from between;
    create schema \"Other\"; create materialized view \"Other\".empty as select a from a_top with no data;
    create unique index on \"Other\".empty (a);";

fn refresh(database: &Database) -> Call {
    call("refresh").environment("DATABASE_URL", &database.url())
}

/// What was done with each view, without the times.
fn told(outcome: &Outcome) -> Vec<String> {
    let lines = outcome.stdout.lines().filter(|line| line.starts_with("  "));
    let words = lines.map(|line| line.split([':', ' ']).filter(|word| !word.is_empty()).take(2));
    words.map(|words| words.collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn a_view_is_refreshed_after_those_that_it_reads() {
    let database = Database::with(VIEWS);
    database.execute("insert into t values (2)");
    let outcome = refresh(&database).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(
        told(&outcome),
        ["refreshed public.z_base", "refreshed public.a_top", "refreshed \"Other\".empty"]
    );
    assert_eq!(database.query("select string_agg(a::text, ' ' order by a) from \"Other\".empty"), ["2 3"]);
    let first = outcome.stdout.lines().next().unwrap();
    assert!(first.starts_with("Refreshing 3 materialized views in the database"), "{first}");
    assert!(outcome.stdout.contains("concurrently\n"), "{}", outcome.stdout);
}

#[test]
fn a_dry_run_prints_the_statements_and_runs_none() {
    let database = Database::with(VIEWS);
    let outcome = refresh(&database).arguments(&["--dry-run"]).run();
    assert_eq!(
        (outcome.code, outcome.stdout.as_str()),
        (
            0,
            "REFRESH MATERIALIZED VIEW CONCURRENTLY \"public\".\"z_base\";\n\
             REFRESH MATERIALIZED VIEW \"public\".\"a_top\";\n\
             REFRESH MATERIALIZED VIEW \"Other\".\"empty\";\n"
        )
    );
    assert_eq!(database.query("select relispopulated from pg_class where relname = 'empty'"), ["f"]);
    // They are SQL, and once populated the last one can be refreshed concurrently too.
    for statement in outcome.stdout.lines() {
        database.execute(statement);
    }
    let again = refresh(&database).arguments(&["--dry-run"]).run().stdout;
    assert!(again.contains("CONCURRENTLY \"Other\".\"empty\""), "{again}");
}

#[test]
fn an_index_that_does_not_cover_every_row_by_plain_columns_does_not_count() {
    let database = Database::with(
        "create materialized view v as select 1 as a; create index on v (a);
         create unique index on v (a) where a > 0; create unique index on v ((a + 1));
         create unique index broken on v (a)",
    );
    database.execute("update pg_index set indisvalid = false where indexrelid = 'broken'::regclass");
    let outcome = refresh(&database).run();
    assert_eq!(outcome.code, 0, "{}", outcome.stdout);
    assert!(!outcome.stdout.contains("concurrently"), "{}", outcome.stdout);
}

#[test]
fn one_that_fails_stops_only_those_that_read_it() {
    let database = Database::with(
        "create table t (a int); insert into t values (1);
         create materialized view bad as select 1 / a as a from t;
         create materialized view below as select a from bad;
         create materialized view lowest as select a from below;
         create materialized view sound as select a from t;
         update t set a = 0",
    );
    let outcome = refresh(&database).run();
    assert_eq!(outcome.code, 1);
    assert_eq!(
        told(&outcome),
        ["failed public.bad", "skipped public.below", "skipped public.lowest", "refreshed public.sound"]
    );
    assert!(outcome.stdout.contains("division by zero (SQLSTATE 22012)"), "{}", outcome.stdout);
    assert!(outcome.stdout.ends_with("3 of 4 were not refreshed\n"), "{}", outcome.stdout);
    assert_eq!(database.query("select a from sound"), ["0"]);
}

#[test]
fn a_locked_view_is_given_up_after_the_lock_timeout() {
    let database = Database::with(
        "create materialized view v as select 1 as a; create materialized view w as select 1 as a",
    );
    let lock = database.session();
    lock.execute("begin; select * from v");
    let outcome = refresh(&database).arguments(&["--lock-timeout", "100ms"]).run();
    assert_eq!(outcome.code, 1);
    assert_eq!(told(&outcome), ["failed public.v", "refreshed public.w"]);
    assert!(outcome.stdout.contains("locked by another session: waited 100 ms"), "{}", outcome.stdout);
}

#[test]
fn a_refresh_that_takes_too_long_is_cancelled() {
    let database =
        Database::with("create materialized view v as select pg_sleep(60) is null as a with no data");
    let outcome = refresh(&database).arguments(&["--statement-timeout", "200ms"]).run();
    assert_eq!((outcome.code, told(&outcome)), (1, vec!["failed public.v".to_owned()]));
    assert!(outcome.stdout.contains("it took longer than 200 ms"), "{}", outcome.stdout);
}

#[test]
fn views_are_chosen_by_name_schema_and_state() {
    let database = Database::with(VIEWS);
    let run = |arguments: &[&str]| {
        let outcome = refresh(&database).arguments(arguments).arguments(&["--dry-run"]).run();
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout.lines().map(|line| line.rsplit(' ').next().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(run(&["--schema", "Other"]), ["\"Other\".\"empty\";"]);
    assert_eq!(run(&["--only-unpopulated"]), ["\"Other\".\"empty\";"]);
    assert_eq!(
        run(&["--view", "A_TOP", "--view", "\"Other\".empty"]),
        ["\"public\".\"a_top\";", "\"Other\".\"empty\";"]
    );
    for (name, told) in
        [("other.empty", "there is no materialized view other.empty"), ("a.b.c", "it is not a name")]
    {
        let message = refresh(&database).arguments(&["--view", name]).fail();
        assert!(message.contains(told), "{message}");
    }
    let none = refresh(&Database::new()).run();
    assert_eq!(none.code, 0);
    assert!(none.stdout.starts_with("There is no materialized view to refresh"), "{}", none.stdout);
}

#[test]
fn a_role_that_may_not_is_told_why() {
    let database = Database::with("create materialized view v as select 1 as a");
    let role = database.role();
    let outcome =
        call("refresh").environment("DATABASE_URL", &database.url_as(&role.name, &role.password)).run();
    assert_eq!((outcome.code, told(&outcome)), (1, vec!["failed public.v".to_owned()]));
    assert!(outcome.stdout.contains("SQLSTATE 42501"), "{}", outcome.stdout);
}

#[test]
fn v1_v4_a_pooler_is_no_hindrance_and_keeps_no_setting() {
    let database = Database::with(VIEWS);
    let url = pgbouncer().url_of(database.name());
    let outcome = call("refresh").environment("DATABASE_URL", &url).run();
    assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    assert_eq!(crate::support::Session::open(&url).query("show statement_timeout"), ["0"]);
}

#[test]
fn v10_a_standby_is_refused() {
    let primary = Server::start(&[]);
    let standby = primary.standby();
    let message =
        call("refresh").environment("DATABASE_URL", &standby.url()).secret(standby.password()).fail();
    assert!(message.contains("this is a standby"), "{message}");
}
