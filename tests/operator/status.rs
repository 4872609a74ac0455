//! How an audit looks to those who read it with kubectl, Flux or a script.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kube::api::DeleteParams;
use schema_audit::api::SchemaAudit;
use schema_audit::api::condition::{ConditionType, is_true};
use serde_json::{Value, json};

use crate::operator::OWN_OPERATOR;
use crate::support::Database;
use crate::world::World;

#[tokio::test(flavor = "multi_thread")]
async fn r4_an_audit_that_nobody_looked_at_is_in_progress_for_kstatus() {
    let world = World::new().await;
    world.audit_with(json!({"labels": {OWN_OPERATOR: "none"}}), json!({})).await;
    let audit = world.api::<SchemaAudit>().get("shop").await.unwrap();
    assert_eq!(audit.status.unwrap().observed_generation, Some(-1));
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_wait_for_ready_ends_when_the_database_carries_everything() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", "create table users (id bigint primary key);").await;
    world.audit(json!({"interval": "1s"})).await;
    world.reason("ComponentsMissing").await;
    let waiting = world.status(|status| is_true(&status.conditions, ConditionType::Ready));
    database.execute("create table users (id bigint primary key)");
    let status = waiting.await;
    assert_eq!(status.observed_generation, Some(1));
}

/// The one audit of the namespace as `kubectl get schemaaudits --output wide` shows it: what stands under which heading.
async fn row(world: &World) -> BTreeMap<String, Value> {
    let path = format!("/apis/schemaaudit.dev/v1alpha1/namespaces/{}/schemaaudits", world.namespace);
    let request = axum::http::Request::get(path)
        .header("Accept", "application/json;as=Table;v=v1;g=meta.k8s.io")
        .body(Vec::new())
        .unwrap();
    let table: Value = world.client.request(request).await.unwrap();
    let columns = table["columnDefinitions"].as_array().unwrap();
    let names = columns.iter().map(|column| column["name"].as_str().unwrap().to_owned());
    names.zip(table["rows"][0]["cells"].as_array().unwrap().iter().cloned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn r19_kubectl_get_shows_ready_missing_required_last_audit_and_reason() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set("crm", json!([{"name": "core", "requires": {"tables": ["a", "b"]}}])).await;
    world.audit(json!({})).await;
    world.reason("ComponentsMissing").await;
    let row = row(&world).await;
    assert_eq!(row["Ready"], "False");
    assert_eq!(row["Missing"], 2);
    assert_eq!(row["Required"], 2);
    assert_eq!(row["Reason"], "ComponentsMissing");
    assert!(row["Last Audit"].as_str().unwrap().ends_with('s'), "{row:?}");
    assert!(row.contains_key("Age"));
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_get_shows_no_count_of_what_is_missing_while_nobody_can_look() {
    let (world, database) = (World::new().await, Database::new());
    world.feature_set("crm", json!([{"name": "core", "requires": {"tables": ["a", "b"]}}])).await;
    world.audit(json!({"interval": "1s"})).await;
    world.reason("SecretNotFound").await;
    let unseen = row(&world).await;
    assert_eq!((&unseen["Missing"], &unseen["Required"]), (&Value::Null, &json!(2)), "nobody looked yet");

    world.secret_of(&database).await;
    world.reason("ComponentsMissing").await;
    assert_eq!(row(&world).await["Missing"], 2);

    world.api::<Secret>().delete("db", &DeleteParams::default()).await.unwrap();
    let status = world.reason("SecretNotFound").await;
    let (unseen, counts) = (row(&world).await, status.summary.unwrap());
    assert_eq!(
        (&unseen["Missing"], &unseen["Required"]),
        (&Value::Null, &json!(2)),
        "what was seen is no news"
    );
    assert_eq!((counts.present, counts.missing, counts.unknown), (None, None, 2));
}
