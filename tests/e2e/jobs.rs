//! What migrations stand on: Jobs that reach a database under the restricted profile, with a result that survives them.

use k8s_openapi::api::batch::v1::Job;
use serde_json::{Value, json};

use crate::postgres;
use crate::support::Database;
use crate::world::World;

/// A Job with an init container and a main container of the PostgreSQL image, each a line of sh, as the restricted profile
/// wants it: no root, no capabilities, nothing writable but the claim `work` at /work. `PGURL` comes from the Secret `db`.
pub fn job(name: &str, first: &str, then: &str) -> Value {
    let container = |name: &str, line: &str| {
        json!({
            "name": name,
            "image": postgres::IMAGE,
            "imagePullPolicy": "Never",
            "command": ["sh", "-c", line],
            "env": [{"name": "PGURL", "valueFrom": {"secretKeyRef": {"name": "db", "key": "uri"}}}],
            "volumeMounts": [{"name": "work", "mountPath": "/work"}],
            "securityContext": {
                "allowPrivilegeEscalation": false,
                "readOnlyRootFilesystem": true,
                "capabilities": {"drop": ["ALL"]},
            },
        })
    };
    json!({
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {
            "backoffLimit": 0,
            "template": {"spec": {
                "restartPolicy": "Never",
                "automountServiceAccountToken": false,
                "securityContext": {
                    "runAsNonRoot": true, "runAsUser": 999, "runAsGroup": 999, "fsGroup": 999,
                    "seccompProfile": {"type": "RuntimeDefault"},
                },
                "initContainers": [container("first", first)],
                "containers": [container("then", then)],
                "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": "work"}}],
            }},
        },
    })
}

/// Has a Job ended, one way or the other?
pub fn ended(job: &Job) -> bool {
    let conditions = job.status.iter().flat_map(|status| status.conditions.iter().flatten());
    conditions.into_iter().any(|condition| {
        ["Complete", "Failed"].contains(&condition.type_.as_str()) && condition.status == "True"
    })
}

/// A world whose namespace takes restricted pods only, with a Secret `db` and a claim `work`.
async fn restricted() -> (World, Database) {
    let world = World::new().await;
    let database = Database::on(postgres::shared());
    world.secret_of("db", &database);
    world.claim("work");
    let label = "pod-security.kubernetes.io/enforce=restricted";
    world.cluster.kubectl(&["label", "namespace", &world.namespace, label]);
    (world, database)
}

/// Waits until a Job has ended, and gives the termination message of its main container.
pub async fn message_of(world: &World, job: &str) -> String {
    let status = world.wait_for::<Job>(job, ended).await.status.unwrap();
    assert_eq!(status.succeeded, Some(1), "{status:#?}\n{}", world.cluster.tell());
    let pods = world.pods_of(job).await;
    let container = &pods[0].status.as_ref().unwrap().container_statuses.as_ref().unwrap()[0];
    let terminated = container.state.as_ref().unwrap().terminated.as_ref().unwrap();
    terminated.message.clone().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_on_a_claim_is_restored_by_another_job() {
    let (world, database) = restricted().await;
    database.execute(
        "create table orders (id bigint primary key); insert into orders select generate_series(1, 1000)",
    );
    world.apply_json(&job(
        "backup",
        "pg_dump --format custom --file /work/dump.part \"$PGURL\" && mv /work/dump.part /work/dump",
        "pg_restore --list /work/dump > /dev/termination-log",
    ));
    let message = message_of(&world, "backup").await;
    assert!(message.contains("TABLE public orders postgres"), "{message}");

    database.execute("drop table orders");
    world.apply_json(&job(
        "restore",
        "pg_restore --single-transaction --dbname \"$PGURL\" /work/dump",
        "psql -X -A -t -c 'select sum(id) from orders' \"$PGURL\" > /dev/termination-log",
    ));
    assert_eq!(message_of(&world, "restore").await.trim(), "500500");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_says_so_and_keeps_its_log() {
    let (world, _database) = restricted().await;
    world.apply_json(&job("fails", "true", "psql --no-psqlrc \"$PGURL\" -c 'select * from nowhere'"));
    let job = world.wait_for::<Job>("fails", ended).await;
    assert_eq!(job.status.unwrap().failed, Some(1));
    let pods = world.pods_of("fails").await;
    let log = world.logs(pods[0].metadata.name.as_deref().unwrap(), "then").await;
    assert!(log.contains("relation \"nowhere\" does not exist"), "{log}");
}
