//! What of the session lasts from segment to segment.

use super::{apply_to, plan_of, psql};
use crate::command::{Documents, call};
use crate::support::Database;

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

#[test]
fn a_role_that_a_block_sets_for_its_session_is_not_that_of_the_segments_after() {
    let by_apply = |database: &Database, documents: &Documents| {
        let outcome = apply_to(database).features(documents.path()).arguments(&["--yes"]).run();
        assert_eq!(outcome.code, 0, "{}{}", outcome.stdout, outcome.stderr);
    };
    let by_psql = |database: &Database, documents: &Documents| {
        psql(database, &plan_of(database).features(documents.path()).run().stdout);
    };
    for run in [by_apply, by_psql] {
        let database = Database::with("create table a (x int)");
        let role = database.role();
        let role = &role.name;
        database.execute(&format!("grant usage, create on schema public to {role}"));
        let sql = format!(
            "create table a (x int);
             -- schema-audit: when-missing table/b
             do $$ begin set role {role}; end $$;
             create table b (x int);
             create type mood as enum ('sad');
             alter type mood add value 'ok';
             create table c (m mood default 'ok');
             create index concurrently a_x on a (x);
             create table d (x int)"
        );
        run(&database, &Documents::new(&[("all.sql", &sql)]));
        let me = database.query("select current_user").concat();
        assert_eq!(
            database.query(
                "select tablename || ' ' || tableowner from pg_tables where schemaname = 'public' order by 1"
            ),
            [format!("a {me}"), format!("b {role}"), format!("c {me}"), format!("d {me}")]
        );
        database.execute(&format!("drop owned by {role} cascade"));
    }
}
