//! Phase 1: what is there is seen, whatever the role may do and whoever holds a lock.

use std::time::{Duration, Instant};

use crate::support::{Database, Session, pgbouncer};
use crate::wanted::{Seen, look, require, seen, table};

const TABLES: &str =
    "create table users (id int primary key, email text not null); create table orders (id int)";

#[tokio::test]
async fn tables_that_are_there_are_seen_and_others_are_not() {
    let database = Database::with(TABLES);
    let observation =
        look(&database.url(), &require([table("users"), table("orders"), table("nothing")])).await;
    assert_eq!(seen(&observation, &table("users")), Seen::Present);
    assert_eq!(seen(&observation, &table("orders")), Seen::Present);
    assert_eq!(seen(&observation, &table("nothing")), Seen::Missing);
}

#[tokio::test]
async fn c8_c9_a_role_without_any_privilege_sees_the_same() {
    let database = Database::with(TABLES);
    database.execute(
        "revoke all on schema public from public; revoke all on all tables in schema public from public",
    );
    let role = database.role();
    let requirements = require([table("users"), table("orders"), table("nothing")]);
    let all = look(&database.url(), &requirements).await;
    let few = look(&database.url_as(&role.name, &role.password), &requirements).await;
    assert_eq!(few.catalog, all.catalog);
    assert!(few.unseen.is_empty());
}

#[tokio::test]
async fn c1_a_lock_of_another_session_delays_nothing() {
    let database = Database::with(TABLES);
    let _lock = database.lock("users");
    let start = Instant::now();
    let observation = look(&database.url(), &require([table("users")])).await;
    assert_eq!(seen(&observation, &table("users")), Seen::Present);
    assert!(start.elapsed() < Duration::from_secs(2), "{:?}", start.elapsed());
}

#[tokio::test]
async fn s4_temporary_tables_of_a_pooled_session_hide_no_catalog() {
    let database = Database::with(TABLES);
    let url = pgbouncer().url_of(database.name());
    let pooled = Session::open(&url);
    pooled.execute(
        "create temporary table pg_class (like pg_catalog.pg_class); \
         create temporary table pg_namespace (like pg_catalog.pg_namespace); \
         create temporary table pg_attribute (attrelid oid)",
    );
    assert_eq!(
        pooled.query("select count(*) from pg_class"),
        ["0"],
        "the pooled session is not fooled itself"
    );
    let observation = look(&url, &require([table("users"), table("nothing")])).await;
    assert_eq!(seen(&observation, &table("users")), Seen::Present);
    assert_eq!(seen(&observation, &table("nothing")), Seen::Missing);
}

#[tokio::test]
async fn c15_temporary_tables_of_others_are_no_match() {
    let database = Database::new();
    let session = database.session();
    session.execute("create temporary table users (id int)");
    let observation = look(&database.url(), &require([table("users")])).await;
    assert_eq!(seen(&observation, &table("users")), Seen::Missing);
}
