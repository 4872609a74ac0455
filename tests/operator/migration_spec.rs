//! What the API server itself refuses of a spec, before any operator sees it.

use kube::api::PostParams;
use schema_audit::api::SchemaAudit;
use serde_json::{Value, json};

use crate::operator;
use crate::world::{World, from_json};

#[tokio::test(flavor = "multi_thread")]
async fn r22_keys_names_and_digests_that_cannot_be_are_refused_with_their_field() {
    operator::shared().await;
    let world = World::new().await;
    let secret = |reference: Value| json!({"database": {"secretRef": reference}});
    let migration = |migration: Value| json!({"migration": migration});
    let pod = |pod: Value| migration(json!({"pod": pod}));
    let approval =
        |plan: &str, at: &str| migration(json!({"approval": {"plan": plan, "by": "jane", "at": at}}));
    let (digest, now) = (format!("sha256:{}", "0f".repeat(32)), "2026-11-23T10:00:00Z");
    for (spec, field) in [
        (json!({}), None),
        (approval(&digest, now), None),
        (approval(&digest, "2026-11-23T10:00:00.123456+01:00"), None),
        (approval(&digest, "yesterday"), Some("spec.migration.approval.at")),
        (approval(&digest.to_uppercase(), now), Some("spec.migration.approval.plan")),
        (approval(&digest[..70], now), Some("spec.migration.approval.plan")),
        (approval("latest", now), Some("spec.migration.approval.plan")),
        (secret(json!({"name": "db", "key": "tls.key-1_A"})), None),
        (secret(json!({"name": "db", "key": ".uri"})), None),
        (secret(json!({"name": "db", "key": "../uri"})), Some("spec.database.secretRef.key")),
        (secret(json!({"name": "db", "key": "a/b"})), Some("spec.database.secretRef.key")),
        (secret(json!({"name": "db", "key": "."})), Some("spec.database.secretRef.key")),
        (secret(json!({"name": "db", "key": "a b"})), Some("spec.database.secretRef.key")),
        (secret(json!({"name": "db", "keys": {"host": "$(id)"}})), Some("spec.database.secretRef.keys.host")),
        (secret(json!({"name": "a.db-1"})), None),
        (secret(json!({"name": "DB"})), Some("spec.database.secretRef.name")),
        (secret(json!({"name": "shop/db"})), Some("spec.database.secretRef.name")),
        (migration(json!({"secretRef": {"name": "db."}})), Some("spec.migration.secretRef.name")),
        (migration(json!({"serviceAccountName": "a b"})), Some("spec.migration.serviceAccountName")),
        (
            migration(json!({"backup": {"persistentVolumeClaim": "../x"}})),
            Some("spec.migration.backup.persistentVolumeClaim"),
        ),
        (
            migration(json!({"window": {"schedule": "0 2 * *", "duration": "1h"}})),
            Some("spec.migration.window.schedule"),
        ),
        (
            migration(json!({"window": {"schedule": "0 2 * * *", "duration": "1h", "timeZone": "../etc"}})),
            Some("spec.migration.window.timeZone"),
        ),
        (
            pod(
                json!({"labels": {"a": "", "example.com/Team_1.x": "A-b_c.d"}, "nodeSelector": {"zone": "b"}}),
            ),
            None,
        ),
        (pod(json!({"annotations": {"Example.COM/Team": "any text\n/ at all", "x": ""}})), None),
        (pod(json!({"labels": {"a b": "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {"": "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {"-a": "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {"Example.com/a": "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {"a/b/c": "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {"n".repeat(64): "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {format!("{}/a", "p".repeat(254)): "x"}})), Some("spec.migration.pod.labels")),
        (pod(json!({"labels": {"a": "x/y"}})), Some("spec.migration.pod.labels.a")),
        (pod(json!({"labels": {"a": "x".repeat(64)}})), Some("spec.migration.pod.labels.a")),
        (pod(json!({"nodeSelector": {"a b": "x"}})), Some("spec.migration.pod.nodeSelector")),
        (pod(json!({"nodeSelector": {"a": "x y"}})), Some("spec.migration.pod.nodeSelector.a")),
        (pod(json!({"annotations": {"a b": "x"}})), Some("spec.migration.pod.annotations")),
        (pod(json!({"annotations": {"a": "x".repeat(3073)}})), Some("spec.migration.pod.annotations.a")),
    ] {
        let mut whole = json!({"database": {"secretRef": {"name": "db"}}, "featureSets": [{"name": "crm"}]});
        whole.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let audit = json!({"apiVersion": "schemaaudit.dev/v1alpha1", "kind": "SchemaAudit", "spec": whole,
            "metadata": {"name": "tried"}});
        // As it is written here: our own types would refuse some of it first.
        let dry = PostParams { dry_run: true, ..PostParams::default() };
        let resource = kube::api::ApiResource::erase::<SchemaAudit>(&());
        let api = kube::Api::<kube::api::DynamicObject>::namespaced_with(
            world.client.clone(),
            &world.namespace,
            &resource,
        );
        let refused = api.create(&dry, &from_json(audit)).await.err().map(|error| error.to_string());
        match field {
            None => assert_eq!(refused, None, "{spec}"),
            Some(field) => {
                let refused = refused.unwrap_or_else(|| panic!("{spec} was let through"));
                assert!(refused.contains(field), "{spec}: {refused}");
            }
        }
    }
}
