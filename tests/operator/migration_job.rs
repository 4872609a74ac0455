//! The Job of a migration as an object: what it runs, with which rights, and what it is given.

use std::collections::BTreeMap;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, Patch, PatchParams};
use schema_audit::api::migration_status::MigrationPhase;
use schema_audit::bundle;
use serde_json::{Value, json};

use crate::cluster;
use crate::operator::{self, MIGRATING, OWN_OPERATOR};
use crate::support::Database;
use crate::world::World;

const SQL: &str = "create table users (id bigint primary key);";

/// A world in a namespace that takes restricted pods only, the Job of its migration with these fields of
/// `spec.migration`, and the database.
async fn launched(migration: Value) -> (World, Job, Database) {
    let operator = operator::migrating().await;
    let world = World { operator: Some(operator), ..World::on(cluster::shared()).await };
    let namespaces: kube::Api<k8s_openapi::api::core::v1::Namespace> = kube::Api::all(world.client.clone());
    let labels = json!({"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "restricted"}}});
    namespaces
        .patch(&world.namespace, &PatchParams::default(), &Patch::Merge(&labels))
        .await
        .expect("a label");
    let database = Database::new();
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    let mut whole = json!({"mode": "Automatic"});
    for (field, value) in migration.as_object().expect("an object") {
        whole[field] = value.clone();
    }
    world.audit_with(json!({"labels": {OWN_OPERATOR: MIGRATING}}), json!({"migration": whole})).await;
    let job = world.job().await;
    (world, job, database)
}

#[tokio::test(flavor = "multi_thread")]
async fn r59_r82_the_job_runs_once_in_a_restricted_pod_without_a_token() {
    let (world, job, _database) = launched(json!({"deadline": "5m"})).await;
    assert_eq!(job.owner_references()[0].name, "shop");
    let json: Value = serde_json::to_value(&job).unwrap();
    let spec = &json["spec"];
    assert_eq!(spec["backoffLimit"], 0);
    assert_eq!(spec["activeDeadlineSeconds"], 300);
    assert_eq!(spec["ttlSecondsAfterFinished"], Value::Null, "it stays until its result is recorded");
    assert_eq!(spec["podFailurePolicy"]["rules"][0]["action"], "Ignore");
    let pod = &spec["template"]["spec"];
    assert_eq!(pod["automountServiceAccountToken"], false);
    assert_eq!(pod["restartPolicy"], "Never");
    let arguments = pod["containers"][0]["args"].to_string();
    let plan = &job.annotations()["schemaaudit.dev/plan"];
    assert!(arguments.contains("\"--expect-plan\",\"") && arguments.contains(plan.as_str()), "{arguments}");
    assert!(!json.to_string().contains("postgres://"), "a secret in the Job");
    // The API server itself holds the pod to the restricted standard, and its controller made one.
    world.pod(&job).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bundle_is_whole_immutable_and_goes_with_the_job() {
    let (world, job, _database) =
        launched(json!({"secretRef": {"name": "owner", "key": "url"}, "lockTimeout": "3s"})).await;
    let job_uid = job.uid().unwrap();
    // It comes after the Job, whose pod waits for it.
    let bundles = || async {
        let maps = world.api::<ConfigMap>().list(&ListParams::default()).await.unwrap().items;
        maps.into_iter().filter(|map| map.name_any().contains("-bundle-")).collect::<Vec<_>>()
    };
    let maps = crate::world::eventually(bundles, |maps| !maps.is_empty()).await;
    let mut files = BTreeMap::new();
    for map in &maps {
        assert_eq!(map.immutable, Some(true));
        files.extend(map.binary_data.clone().unwrap().into_iter().map(|(key, bytes)| (key, bytes.0)));
    }
    let bundle = bundle::decode(&files).unwrap();
    assert_eq!(bundle.wanted[0].set.features[0].sources[0].text.as_ref(), SQL);
    assert_eq!((bundle.secret_ref.name.as_str(), bundle.settings.lock_timeout.as_str()), ("owner", "3s"));
    let volumes = serde_json::to_string(&job.spec.unwrap().template.spec.unwrap().volumes).unwrap();
    assert!(volumes.contains(&maps[0].name_any()) && volumes.contains("\"owner\""), "{volumes}");
    for map in &maps {
        let owners: Vec<_> = map.owner_references().iter().map(|owner| &*owner.uid).collect();
        assert_eq!(owners, [job_uid.as_str()], "no other owner, from the start");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_could_not_be_written_is_written_by_the_next_look() {
    let (world, _job, _database) = launched(json!({})).await;
    let (api, list) = (world.api::<ConfigMap>(), ListParams::default());
    let bundles = || async {
        let maps = api.list(&list).await.unwrap().items;
        maps.into_iter().filter(|map| map.name_any().contains("-bundle-")).collect::<Vec<_>>()
    };
    let before = crate::world::eventually(bundles, |maps| maps.len() == 1).await.remove(0);
    api.delete(&before.name_any(), &DeleteParams::default()).await.unwrap();
    let annotations = json!({"schemaaudit.dev/requestedAt": "again"});
    world.patch_audit(json!({"metadata": {"annotations": annotations}})).await;
    let after = crate::world::eventually(bundles, |maps| maps.len() == 1).await.remove(0);
    assert_eq!(
        (&after.binary_data, after.owner_references()),
        (&before.binary_data, before.owner_references())
    );
    assert_ne!(after.uid(), before.uid());
}

#[tokio::test(flavor = "multi_thread")]
async fn r57_the_settings_of_the_pod_reach_it_and_the_operator_s_own_win() {
    let pod = json!({
        "labels": {"team": "shop", "app.kubernetes.io/managed-by": "somebody"},
        "annotations": {"sidecar.istio.io/inject": "false"},
        "nodeSelector": {"disk": "fast"},
        "tolerations": [{"key": "jobs", "operator": "Exists"}],
        "imagePullSecrets": [{"name": "registry"}],
        "resources": {"limits": {"memory": "1Gi"}},
    });
    let (_world, job, _database) = launched(json!({"pod": pod, "serviceAccountName": "default"})).await;
    let template: Value = serde_json::to_value(job.spec.unwrap().template).unwrap();
    assert_eq!(template["metadata"]["labels"]["team"], "shop");
    assert_eq!(template["metadata"]["labels"]["app.kubernetes.io/managed-by"], "schema-audit");
    assert_eq!(template["metadata"]["annotations"]["sidecar.istio.io/inject"], "false");
    assert_eq!(template["spec"]["nodeSelector"]["disk"], "fast");
    assert_eq!(template["spec"]["tolerations"][0]["key"], "jobs");
    assert_eq!(template["spec"]["imagePullSecrets"][0]["name"], "registry");
    assert_eq!(template["spec"]["containers"][0]["resources"]["limits"]["memory"], "1Gi");
}

#[tokio::test(flavor = "multi_thread")]
async fn r87_a_backup_comes_first_and_says_how_to_go_back() {
    let backup = json!({"persistentVolumeClaim": "backups"});
    let (world, job, _database) = launched(json!({"backup": backup})).await;
    let pod = job.spec.clone().unwrap().template.spec.unwrap();
    let init = &pod.init_containers.unwrap()[0];
    assert_eq!(
        (init.name.as_str(), init.image.as_deref()),
        ("backup", Some("registry.local/schema-audit-backup:test"))
    );
    let is_running = |status: &schema_audit::api::SchemaAuditStatus| {
        status.migration.as_ref().is_some_and(|migration| migration.phase == MigrationPhase::Running)
    };
    let status = world.status(is_running).await;
    let restore = status.migration.unwrap().job.unwrap().restore.unwrap();
    assert!(restore.contains("pg_restore") && restore.contains(&job.name_any()), "{restore}");

    world.backup_fails(&job, "pg_dump failed: no room").await;
    let failed = world.status(|status| {
        status.migration.as_ref().is_some_and(|migration| migration.phase == MigrationPhase::Failed)
    });
    let message = failed.await.migration.unwrap().message;
    assert!(message.contains("the backup failed, and nothing was changed: pg_dump failed"), "{message}");
    let note = world.event("MigrationFailed").await.note.unwrap();
    assert!(note.contains("to go back: pg_restore"), "{note}");
}
