//! Feature sets say in their own status what they hold and what is wrong with them.

use futures::StreamExt;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::Api;
use kube::api::{DeleteParams, Patch, PatchParams};
use kube::runtime::wait::await_condition;
use kube::runtime::{WatchStreamExt, watcher};
use schema_audit::api::condition::{ConditionType, find, is_true};
use schema_audit::api::{ClusterFeatureSet, FeatureSet, FeatureSetStatus};
use serde_json::json;

use crate::support::{Database, unique};
use crate::world::{World, findings};

fn ready(status: &FeatureSetStatus) -> (&str, &str) {
    find(&status.conditions, ConditionType::Ready)
        .map(|ready| (ready.status.as_str(), ready.reason.as_str()))
        .unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_set_counts_its_features_and_components() {
    let world = World::new().await;
    world
        .feature_set(
            "crm",
            json!([
                {"name": "core", "requires": {"tables": ["users", "leads"]}},
                {"name": "more", "dependsOn": ["core"], "requires": {"functions": ["total(bigint)"]}},
            ]),
        )
        .await;
    let status = world.feature_set_status("crm", |status| status.features.is_some()).await;
    assert_eq!((status.features, status.components), (Some(2), Some(3)));
    assert_eq!(ready(&status), ("True", "Succeeded"));
    assert!(status.digest.unwrap().starts_with("sha256:"));
    world.event("Succeeded").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn problems_are_told_with_source_and_line_and_go_when_corrected() {
    let world = World::new().await;
    let feature = json!({"name": "core", "sql": [{"configMapKeyRef": {"name": "sql", "key": "core.sql"}}]});
    world.feature_set("crm", json!([feature])).await;
    let status = world.feature_set_status("crm", |status| status.features.is_some()).await;
    assert_eq!(ready(&status), ("False", "ConfigMapNotFound"));

    world
        .config_map(
            "sql",
            &[("core.sql", "create table a (id int);\n\n\nselekt 1;\ncreate table b (id int);")],
        )
        .await;
    let status = world.feature_set_status("crm", |status| ready(status).1 == "InvalidSql").await;
    let problem = &status.problems[0];
    assert_eq!((problem.source.as_deref(), problem.line), (Some("sql/core.sql"), Some(4)));
    assert_eq!(problem.feature.as_deref(), Some("core"));
    assert!(is_true(&status.conditions, ConditionType::Stalled));
    let first = status.digest;

    world.config_map("sql", &[("core.sql", "create table a (id int);")]).await;
    let status =
        world.feature_set_status("crm", |status| is_true(&status.conditions, ConditionType::Ready)).await;
    assert!(status.problems.is_empty() && !is_true(&status.conditions, ConditionType::Stalled));
    assert_ne!(status.digest, first);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cluster_feature_set_is_read_and_audited_from_any_namespace() {
    let (world, database) = (World::new().await, Database::new());
    let name = unique("shared").replace('_', "-");
    let set = json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "ClusterFeatureSet",
        "metadata": {"name": name},
        "spec": {"features": [{"name": "core", "sql": [{"inline": "create table shared (id bigint);"}]}]},
    });
    let api: Api<ClusterFeatureSet> = Api::all(world.client.clone());
    api.patch(&name, &PatchParams::apply("schema-audit-tests"), &Patch::Apply(&set)).await.unwrap();
    let is_ready = |set: Option<&ClusterFeatureSet>| {
        set.and_then(|set| set.status.as_ref()).is_some_and(|status| ready(status).0 == "True")
    };
    await_condition(api.clone(), &name, is_ready).await.unwrap();
    world.secret_of(&database).await;
    world.audit(json!({"featureSets": [{"kind": "ClusterFeatureSet", "name": name}]})).await;
    let status = world.reason("ComponentsMissing").await;
    assert!(findings(&status).contains(&"table/public.shared Missing".into()));

    let changed = json!({"spec": {"features": [{"name": "core", "requires": {"tables": ["other"]}}]}});
    api.patch(&name, &PatchParams::default(), &Patch::Merge(&changed)).await.unwrap();
    world.status(|status| findings(status) == ["table/public.other Missing"]).await;
    api.delete(&name, &DeleteParams::default()).await.unwrap();
    world.reason("FeatureSetNotFound").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_document_is_told_once() {
    let world = World::new().await;
    world.config_map("sql", &[("core.sql", "create table a (id int);")]).await;
    let feature = json!({"name": "core", "sql": [{"configMapRef": {"name": "sql"}}]});
    world.feature_set("crm", json!([feature])).await;
    let first = world.feature_set_status("crm", |status| status.features.is_some()).await.digest;
    let mut versions =
        Box::pin(watcher(world.api::<FeatureSet>(), watcher::Config::default()).applied_objects());
    let mut digest = async || versions.next().await.unwrap().unwrap().status.unwrap().digest;
    // The watch begins here and not with the first change below, which it would else miss.
    assert_eq!(digest().await, first);
    // A change of the ConfigMap that changes nothing of the document, and one that does.
    let labelled = json!({"metadata": {"labels": {"seen": "yes"}}});
    let maps: Api<ConfigMap> = world.api();
    maps.patch("sql", &PatchParams::default(), &Patch::Merge(&labelled)).await.unwrap();
    world.config_map("sql", &[("core.sql", "create table b (id int);")]).await;

    assert_ne!(digest().await, first, "written again with the same document");
}
