//! Names at the edges of what PostgreSQL takes go through the whole way.

use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::json;

use crate::support::Database;
use crate::world::{World, findings};

/// Made by SQL that declares it, the object is Present; without it, it is Missing under this name.
async fn is_found_and_missed(sql: &str, name: &str) {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", sql).await;
    world.audit(json!({"interval": "1s"})).await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&format!("table/public.{name} Missing")), "{:?}", findings(&status));
    database.execute(sql);
    world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_of_63_bytes_is_whole() {
    let name = "a".repeat(63);
    is_found_and_missed(&format!("create table {name} (id bigint primary key)"), &name).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn c13_a_name_of_70_bytes_is_the_one_that_the_server_cuts() {
    let (name, cut) = ("b".repeat(70), "b".repeat(63));
    is_found_and_missed(&format!("create table {name} (id bigint primary key)"), &cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_name_with_quotes_spaces_and_foreign_letters_is_itself() {
    let sql = r#"create table "Größe ""ü"" таблица" (id bigint primary key, "x y" text)"#;
    is_found_and_missed(sql, r#""Größe ""ü"" таблица""#).await;
}
