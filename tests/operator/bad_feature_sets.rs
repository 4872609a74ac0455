//! Feature sets that cannot be read, or not in full: each tells its own reason, and the rest is audited.

use kube::api::PostParams;
use schema_audit::api::FeatureSet;
use schema_audit::api::condition::ConditionType;
use serde_json::{Value, json};

use crate::support::Database;
use crate::world::{World, condition, findings, from_json, message};

/// A world with an empty database.
async fn world() -> World {
    let world = World::new().await;
    // Dropped at the end of the test binary at the latest: the audit looks at it as long as the namespace is there.
    let database = Box::leak(Box::new(Database::new()));
    world.secret_of(database).await;
    world
}

/// The one table of the feature that can be read is missing, as a finding; Ready tells the reason of the other.
async fn tells_and_audits_the_rest(world: &World, reason: &str) -> String {
    let status = world.reason(reason).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", reason));
    assert_eq!(condition(&status, ConditionType::Connected), ("True", "AuditSucceeded"));
    assert!(findings(&status).contains(&"table/public.intact Missing".into()), "{:?}", findings(&status));
    assert_eq!(world.event(reason).await.type_.as_deref(), Some("Warning"));
    message(&status).to_owned()
}

/// A feature that can be read.
fn intact() -> Value {
    json!({"name": "intact", "sql": [{"inline": "create table intact (id bigint);"}]})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_feature_set_is_named_and_audited_when_it_appears() {
    let world = world().await;
    world.feature_set("here", json!([intact()])).await;
    world.audit(json!({"featureSets": [{"name": "here"}, {"name": "later"}]})).await;
    let message = tells_and_audits_the_rest(&world, "FeatureSetNotFound").await;
    assert!(message.contains("later"), "{message}");

    world.feature_set_of("later", "create table later (id bigint);").await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/public.later Missing".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_config_map_or_key_is_named_and_audited_when_it_appears() {
    let world = world().await;
    let by_key = json!({"name": "by-key", "sql": [{"configMapKeyRef": {"name": "sql", "key": "a.sql"}}]});
    world.feature_set("crm", json!([intact(), by_key])).await;
    world.audit(json!({})).await;
    let message = tells_and_audits_the_rest(&world, "ConfigMapNotFound").await;
    assert!(message.contains("ConfigMap sql"), "{message}");

    world.config_map("sql", &[("b.sql", "select 1")]).await;
    let message = tells_and_audits_the_rest(&world, "ConfigMapKeyMissing").await;
    assert!(message.contains("a.sql"), "{message}");

    world.config_map("sql", &[("a.sql", "create table by_key (id bigint);")]).await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/public.by_key Missing".into()));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_syntax_error_is_told_with_source_and_line() {
    let world = world().await;
    world
        .config_map("sql", &[("a.sql", "create table good (id bigint);\n\ncreate tabel bad (id bigint);\n")])
        .await;
    let broken = json!({"name": "broken", "sql": [{"configMapRef": {"name": "sql"}}]});
    world.feature_set("crm", json!([intact(), broken])).await;
    world.audit(json!({})).await;
    let message = tells_and_audits_the_rest(&world, "InvalidSql").await;
    assert!(message.contains("sql/a.sql:3"), "{message}");
    let status = world.reason("InvalidSql").await;
    assert!(findings(&status).contains(&"table/public.good Missing".into()));
    let problem = &status.problems[0];
    assert_eq!((problem.source.as_deref(), problem.line), (Some("sql/a.sql"), Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_circle_of_dependencies_is_told() {
    let world = world().await;
    let (a, b) = (json!({"name": "a", "dependsOn": ["b"]}), json!({"name": "b", "dependsOn": ["a"]}));
    world.feature_set("crm", json!([intact(), a, b])).await;
    world.audit(json!({})).await;
    tells_and_audits_the_rest(&world, "InvalidFeatureSet").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_feature_is_named() {
    let world = world().await;
    world.feature_set("crm", json!([intact()])).await;
    world.audit(json!({"featureSets": [{"name": "crm", "features": ["intact", "no-such-feature"]}]})).await;
    let message = tells_and_audits_the_rest(&world, "InvalidFeatureSet").await;
    assert!(message.contains("no-such-feature"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_features_of_one_name_are_refused_by_the_api_server() {
    let world = world().await;
    let set: FeatureSet = from_json(json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "FeatureSet",
        "metadata": {"name": "crm"},
        "spec": {"features": [intact(), intact()]},
    }));
    let refusal = world.api::<FeatureSet>().create(&PostParams::default(), &set).await.unwrap_err();
    assert!(refusal.to_string().contains("Duplicate value"), "{refusal}");
}
