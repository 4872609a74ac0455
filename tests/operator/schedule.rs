//! What is looked at at once, and what waits.

use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::json;

use crate::support::Database;
use crate::world::{World, condition, findings};

const SQL: &str = "create table users (id bigint primary key);";

async fn audited(database: &Database) -> World {
    let world = World::new().await;
    world.secret_of(database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({})).await;
    world.status(|status| is_true(&status.conditions, ConditionType::Connected)).await;
    world
}

#[tokio::test(flavor = "multi_thread")]
async fn r29_a_request_is_handled_and_echoed() {
    let database = Database::with(SQL);
    let world = audited(&database).await;
    database.execute("drop table users");
    for (annotation, token) in
        [("schemaaudit.dev/requestedAt", "one"), ("schemaaudit.dev/requestedAt", "two")]
    {
        world.patch_audit(json!({"metadata": {"annotations": {annotation: token}}})).await;
        let echoed = |echo: Option<&str>| echo == Some(token);
        let status = world.status(|status| echoed(status.last_handled_reconcile_at.as_deref())).await;
        assert!(findings(&status).contains(&"table/public.users Missing".into()));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn r29_flux_s_own_annotation_is_understood() {
    let database = Database::with(SQL);
    let world = audited(&database).await;
    world
        .patch_audit(json!({"metadata": {"annotations": {"reconcile.fluxcd.io/requestedAt": "flux"}}}))
        .await;
    world.status(|status| status.last_handled_reconcile_at.as_deref() == Some("flux")).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r31_a_changed_feature_set_is_audited_at_once() {
    let database = Database::with(SQL);
    let world = audited(&database).await;
    world.feature_set_of("crm", "create table more (id bigint);").await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/public.more Missing".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn r31_a_changed_config_map_is_audited_at_once() {
    let database = Database::with(SQL);
    let world = World::new().await;
    world.secret_of(&database).await;
    world.config_map("sql", &[("a.sql", SQL)]).await;
    let feature = json!({"name": "core", "sql": [{"configMapKeyRef": {"name": "sql", "key": "a.sql"}}]});
    world.feature_set("crm", json!([feature])).await;
    world.audit(json!({})).await;
    world.status(|status| is_true(&status.conditions, ConditionType::Ready)).await;
    world
        .config_map(
            "sql",
            &[("a.sql", "create table users (id bigint primary key); create table more (id int);")],
        )
        .await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/public.more Missing".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_spec_is_audited_at_once() {
    let database = Database::with(SQL);
    let world = audited(&database).await;
    let other = json!({"secretRef": {"name": "db"}, "schema": "tenant"});
    world.audit(json!({"database": other})).await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/tenant.users Missing".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn r28_a_suspended_audit_keeps_its_findings_and_is_audited_when_resumed() {
    let database = Database::with(SQL);
    let world = audited(&database).await;
    world.patch_audit(json!({"spec": {"suspend": true}})).await;
    let status = world.reason("Suspended").await;
    let seen = status.last_audit_time.clone();
    assert_eq!(status.summary.unwrap().present, Some(status.summary.unwrap().required));

    database.execute("drop table users");
    world.patch_audit(json!({"metadata": {"annotations": {"schemaaudit.dev/requestedAt": "one"}}})).await;
    world.patch_audit(json!({"spec": {"suspend": false}})).await;
    let status = world.reason("ComponentsMissing").await;
    assert_eq!(condition(&status, ConditionType::Connected), ("True", "AuditSucceeded"));
    assert_eq!(status.last_handled_reconcile_at.as_deref(), Some("one"));
    assert!(status.last_audit_time.unwrap().0 >= seen.unwrap().0);
}
