//! An audit `shop` with migrations, and what tests do with it, see of it and wait for.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use schema_audit::api::SchemaAudit;
use schema_audit::api::migration_status::{JobStatus, MigrationPhase, MigrationStatus};
use serde_json::{Value, json};

use crate::cluster::PATIENCE;
use crate::support::{Database, Session, unique};
use crate::world::World;

/// Rows that must survive whatever happens.
pub const KEPT: &str = "create table kept (id int primary key, text text); \
    insert into kept select n, md5(n::text) from generate_series(1, 1000) n";

/// A world with an audit `shop` of a database, in which this SQL is required.
pub async fn shop(database: &Database, sql: &str, migration: &Value) -> World {
    let world = World::new().await;
    world.secret_of("db", database);
    required(&world, sql);
    audit(&world, &json!({}), migration);
    world
}

pub fn required(world: &World, sql: &str) {
    world.apply_json(&json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "FeatureSet",
        "metadata": {"name": "crm"},
        "spec": {"features": [{"name": "core", "sql": [{"inline": sql}]}]},
    }));
}

pub fn audit(world: &World, labels: &Value, migration: &Value) {
    let spec = json!({
        "database": {"secretRef": {"name": "db"}},
        "featureSets": [{"name": "crm"}],
        "interval": "1h",
        "migration": migration,
    });
    world.apply_json(&json!({
        "apiVersion": "schemaaudit.dev/v1alpha1",
        "kind": "SchemaAudit",
        "metadata": {"name": "shop", "labels": labels},
        "spec": spec,
    }));
}

pub fn migration(audit: &SchemaAudit) -> MigrationStatus {
    audit.status.as_ref().and_then(|status| status.migration.clone()).unwrap_or_default()
}

/// The last migration of the history.
pub fn last(audit: &SchemaAudit) -> JobStatus {
    migration(audit).history.first().cloned().expect("a migration that is over")
}

pub async fn phase(world: &World, name: &str, phase: MigrationPhase) -> SchemaAudit {
    world.wait_for::<SchemaAudit>(name, |audit| migration(audit).phase == phase).await
}

/// Approves the plan that waits, by kubectl.
pub async fn approve(world: &World, name: &str) {
    let waiting = Box::pin(phase(world, name, MigrationPhase::AwaitingApproval)).await;
    let plan = migration(&waiting).plan.unwrap();
    patch_approval(world, name, &json!({"plan": plan.digest, "by": "admin"}));
}

pub fn patch_approval(world: &World, name: &str, approval: &Value) {
    let patch = json!({"spec": {"migration": {"approval": approval}}}).to_string();
    world.kubectl(&["patch", "schemaaudit", name, "--type=merge", "--patch", &patch]);
}

/// Has the audit look again, and waits until it did.
pub async fn look_again(world: &World) {
    let asked = unique("at");
    let annotation = format!("schemaaudit.dev/requestedAt={asked}");
    world.kubectl(&["annotate", "--overwrite", "schemaaudit", "shop", &annotation]);
    let handled = |audit: &SchemaAudit| {
        let status = audit.status.as_ref();
        status.and_then(|status| status.last_handled_reconcile_at.as_ref()) == Some(&asked)
    };
    world.wait_for::<SchemaAudit>("shop", handled).await;
}

pub async fn jobs_of(world: &World) -> Vec<Job> {
    world.api::<Job>().list(&ListParams::default()).await.unwrap().items
}

/// The Job that was launched last, when it is there.
pub async fn job(world: &World, name: &str) -> Job {
    let launched = |audit: &SchemaAudit| migration(audit).job.is_some();
    let job = migration(&world.wait_for::<SchemaAudit>(name, launched).await).job.unwrap().name;
    world.wait_for::<Job>(&job, |_| true).await
}

/// The checksums of the rows of all tables.
pub fn checksums(database: &Database) -> BTreeMap<String, String> {
    let session = database.session();
    let tables = session.query(
        "select c.oid::regclass from pg_class c join pg_namespace n on n.oid = c.relnamespace \
         where relkind = 'r' and nspname = 'public'",
    );
    let sum = |table: &String| {
        session
            .query(&format!("select md5(string_agg(t::text, '|' order by t::text)) from {table} t"))
            .concat()
    };
    tables.iter().map(|table| (table.clone(), sum(table))).collect()
}

/// Fails unless all that was there still is, as it was.
pub fn assert_kept(before: &BTreeMap<String, String>, database: &Database) {
    let after = checksums(database);
    for (table, sum) in before {
        assert_eq!(after.get(table), Some(sum), "the rows of {table}");
    }
}

/// Settings of a pod that no node takes before [`place`] makes a spot for it.
pub fn nowhere() -> (String, Value) {
    let spot = format!("schema-audit-tests/{}", unique("spot").replace('_', "-"));
    let pod = json!({"nodeSelector": {&spot: "here"}});
    (spot, pod)
}

/// Lets the node take the pods of such a spot.
pub fn place(world: &World, spot: &str) {
    world.cluster.kubectl(&["label", "--overwrite", "node", "node", &format!("{spot}=here")]);
}

/// Waits until a statement waits for a lock in the database of the session.
pub fn until_blocked(world: &World, session: &Session) {
    until_blocked_in(world, session, "");
}

/// The same for a statement with these words.
pub fn until_blocked_in(world: &World, session: &Session, words: &str) {
    // A session in a transaction would see what it saw first.
    let waiting = format!(
        "select pg_stat_clear_snapshot(); select 1 from pg_stat_activity \
         where wait_event_type = 'Lock' and datname = current_database() and position('{words}' in query) > 0"
    );
    let start = Instant::now();
    while session.query(&waiting).len() < 2 {
        assert!(start.elapsed() < PATIENCE, "no statement waits for a lock\n{}", world.cluster.tell());
        std::thread::yield_now();
    }
}

/// The first process of a container, with its number on this machine: the node's processes are seen from here.
pub async fn process_of(world: &World, pod: &str, name: &str) -> (String, Vec<PathBuf>) {
    let container = |pod: &Pod| {
        let status = pod.status.as_ref()?;
        let mut all = status.container_statuses.iter().chain(&status.init_container_statuses).flatten();
        let id = all.find(|it| it.name == name)?.container_id.clone()?;
        Some(id.trim_start_matches("containerd://").to_owned())
    };
    let id = container(&world.wait_for::<Pod>(pod, |pod| container(pod).is_some()).await).unwrap();
    let is_there = |path: &PathBuf| {
        std::fs::read_to_string(path.join("cgroup")).is_ok_and(|cgroups| cgroups.contains(&id))
    };
    let processes = std::fs::read_dir("/proc").expect("processes").filter_map(Result::ok);
    let found: Vec<PathBuf> = processes.map(|entry| entry.path()).filter(is_there).collect();
    // In the container it is number 1, and the others end with it.
    let is_first = |path: &&PathBuf| {
        let status = std::fs::read_to_string(path.join("status")).unwrap_or_default();
        status.lines().any(|line| line.starts_with("NSpid:") && line.ends_with("\t1"))
    };
    let first = found.iter().find(is_first).unwrap_or_else(|| panic!("no first process among {found:?}"));
    (first.file_name().expect("a number").to_string_lossy().into_owned(), found)
}

/// Kills the first process of a container.
pub async fn kill(world: &World, pod: &str, container: &str) {
    let (number, _) = process_of(world, pod, container).await;
    let killed = Command::new("kill").args(["-9", &number]).status().expect("kill");
    assert!(killed.success());
}
