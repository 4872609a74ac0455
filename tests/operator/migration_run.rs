//! Migrations that really run: the test is the kubelet, and runs what the pod says with the files that it mounts.

use k8s_openapi::ByteString;
use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::ConfigMap;
use kube::ResourceExt;
use kube::api::{DeleteParams, ListParams, PostParams};
use schema_audit::api::SchemaAuditStatus;
use schema_audit::api::condition::{ConditionType, is_true};
use schema_audit::api::migration_status::{MigrationPhase, MigrationStatus};
use schema_audit::bundle;
use serde_json::{Value, json};

use crate::cluster;
use crate::kubelet::restored;
use crate::operator::{self, MIGRATING, OWN_OPERATOR};
use crate::support::Database;
use crate::world::{World, eventually};

const SQL: &str = "\
    create table users (id bigint primary key, email text);
    create table badges (name text primary key);
    insert into badges (name) values ('first');
    create function total(a int) returns int language sql as 'select a';";

async fn prepared(database: &Database, sql: &str, migration: Value) -> World {
    let operator = operator::migrating().await;
    let world = World { operator: Some(operator), ..World::on(cluster::shared()).await };
    world.secret_of(database).await;
    world.feature_set_of("crm", sql).await;
    let metadata = json!({"labels": {OWN_OPERATOR: MIGRATING}});
    world.audit_with(metadata, json!({"migration": migration})).await;
    world
}

async fn phase(world: &World, phase: MigrationPhase) -> SchemaAuditStatus {
    world.status(|status| migration(status).phase == phase).await
}

fn migration(status: &SchemaAuditStatus) -> MigrationStatus {
    status.migration.clone().unwrap_or_default()
}

/// Approves the plan that waits, and gives the Job.
async fn approved(world: &World) -> Job {
    let plan = migration(&phase(world, MigrationPhase::AwaitingApproval).await).plan.expect("a plan").digest;
    let approval = json!({"plan": plan, "by": "jane"});
    world.patch_audit(json!({"spec": {"migration": {"approval": approval}}})).await;
    world.job().await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_approved_plan_is_applied_as_it_was_shown() {
    let database = Database::new();
    let world = prepared(&database, SQL, json!({"mode": "Manual", "lockTimeout": "3s"})).await;
    let operator = world.operator.expect("one that migrates");
    let of = format!("name=\"shop\",namespace=\"{}\"", world.namespace);
    let shown = async |phase: &str| {
        let awaits = format!("schemaaudit_migration_pending_approval{{{of}}}");
        let phase = format!("schemaaudit_migration_phase{{{of},phase=\"{phase}\"}}");
        (operator.metric(&awaits).await, operator.metric(&phase).await)
    };
    phase(&world, MigrationPhase::AwaitingApproval).await;
    eventually(|| shown("AwaitingApproval"), |shown| *shown == (Some(1.0), Some(1.0))).await;
    let finished = "schemaaudit_migrations_total{outcome=\"Succeeded\"}";
    let before = operator.metric(finished).await.expect("every outcome starts at zero");
    let job = approved(&world).await;
    assert_eq!(world.run_pod(&job).await, 0);
    let status = phase(&world, MigrationPhase::Succeeded).await;
    eventually(|| shown("Succeeded"), |shown| *shown == (Some(0.0), Some(1.0))).await;
    eventually(|| operator.metric(finished), |now| *now > Some(before)).await;
    assert!(is_true(&status.conditions, ConditionType::Ready), "{status:#?}");
    let last = migration(&status).history[0].clone();
    assert_eq!(last.outcome.as_deref(), Some("Applied"));
    assert_eq!(last.statements.map(|it| (it.run, it.of)), Some((4, 4)));
    world.tells_nobody(&[database.url().as_str()]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn r79_what_changed_since_the_approval_is_outdated_and_nothing_is_touched() {
    let database = Database::new();
    let world = prepared(&database, SQL, json!({"mode": "Manual"})).await;
    let job = approved(&world).await;
    database.execute("create table badges (name text primary key)");
    assert_eq!(world.run_pod(&job).await, 3);
    let status = phase(&world, MigrationPhase::ApprovalVoid).await;
    assert_eq!(migration(&status).history[0].outcome.as_deref(), Some("Outdated"));
    let missing: Vec<_> = status.findings.iter().map(|finding| finding.component.as_str()).collect();
    assert!(missing.contains(&"table/public.users"), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_leads_to_another_database_is_outdated_and_nothing_is_touched() {
    let (database, other) = (Database::new(), Database::new());
    let world = prepared(&database, SQL, json!({"mode": "Manual", "secretRef": {"name": "owner"}})).await;
    world.secret("owner", &[("uri", &other.url())]).await;
    let job = approved(&world).await;
    assert_eq!(world.run_pod(&job).await, 3);
    assert_eq!(other.query("select to_regclass('users')"), [""]);
    let status = phase(&world, MigrationPhase::Failed).await;
    assert_eq!(migration(&status).history[0].outcome.as_deref(), Some("Outdated"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bundle_that_somebody_rewrote_is_refused_and_nothing_is_touched() {
    let database = Database::new();
    let world = prepared(&database, SQL, json!({"mode": "Manual"})).await;
    let job = approved(&world).await;
    let maps = world.api::<ConfigMap>();
    let bundle = || async {
        let all = maps.list(&ListParams::default()).await.unwrap().items;
        all.into_iter().find(|map| map.name_any().contains("-bundle-"))
    };
    let map = eventually(bundle, Option::is_some).await.unwrap();
    let files = map.binary_data.clone().unwrap().into_iter().map(|(key, bytes)| (key, bytes.0)).collect();
    let mut forged = bundle::decode(&files).unwrap();
    forged.wanted[0].set.features[0].sources[0].text = "create table evil (id int);".into();
    let parts = bundle::encode(&forged, bundle::PART_BYTES).unwrap().parts;
    let key = map.binary_data.as_ref().unwrap().keys().next().unwrap().clone();
    let mut other = map.clone();
    other.binary_data = Some([(key, ByteString(parts[0].1.clone()))].into());
    other.metadata.resource_version = None;
    other.metadata.uid = None;
    other.metadata.managed_fields = None;
    // It cannot be changed, but deleted and made again.
    maps.delete(&map.name_any(), &DeleteParams::default()).await.unwrap();
    maps.create(&PostParams::default(), &other).await.unwrap();
    assert_eq!(world.run_pod(&job).await, 2);
    assert_eq!(database.query("select concat(to_regclass('evil'), to_regclass('users'))"), [""]);
    let status = phase(&world, MigrationPhase::Failed).await;
    assert!(migration(&status).message.contains("the bundle was changed"), "{}", migration(&status).message);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_statement_that_fails_is_told_with_place_code_and_hint_and_rolled_back() {
    let database = Database::with("create table users (id bigint primary key, email text)");
    database.execute("insert into users values (1, 'a'), (2, 'a')");
    let sql = "\
        create table users (id bigint primary key, email text);
        create table badges (name text);
        create unique index users_email on users (email);";
    let world = prepared(&database, sql, json!({"mode": "Manual"})).await;
    let job = approved(&world).await;
    assert_eq!(world.run_pod(&job).await, 1);
    let status = phase(&world, MigrationPhase::Failed).await;
    let failure = migration(&status).failure.expect("a failure");
    assert_eq!(failure.sqlstate.as_deref(), Some("23505"));
    assert!(failure.position.as_deref().unwrap().ends_with(":3"), "{failure:?}");
    let missing: Vec<_> = status.findings.iter().map(|finding| finding.component.as_str()).collect();
    assert!(missing.contains(&"table/public.badges"), "{missing:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_audits_of_one_database_apply_everything_once() {
    let database = Database::new();
    let world = prepared(&database, SQL, json!({"mode": "Automatic"})).await;
    world.job().await;
    let metadata = json!({"labels": {OWN_OPERATOR: MIGRATING}});
    world.audit_named_with("shop-two", metadata, json!({"migration": {"mode": "Automatic"}})).await;
    let jobs = eventually(|| world.jobs(), |jobs| jobs.len() == 2).await;
    let (first, second) = tokio::join!(world.run_pod(&jobs[0]), world.run_pod(&jobs[1]));
    assert_eq!([first, second], [0, 0]);
    let mut ran = Vec::new();
    for name in ["shop", "shop-two"] {
        let done = |status: &SchemaAuditStatus| {
            migration(status).phase == MigrationPhase::Succeeded
                && is_true(&status.conditions, ConditionType::Ready)
        };
        let status = world.status_of(name, done).await;
        ran.extend(migration(&status).history[0].statements.map(|it| it.run));
    }
    ran.sort_unstable();
    assert_eq!(ran, [0, 4], "one waits for the other, and finds nothing left to do");
    assert_eq!(database.query("select count(*) from badges"), ["1"]);
    assert_eq!(world.jobs().await.len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn r87_the_backup_that_comes_first_restores_what_was_there() {
    let database = Database::with("create table kept (id int); insert into kept values (1), (2)");
    let world =
        prepared(&database, SQL, json!({"mode": "Manual", "backup": {"persistentVolumeClaim": "backups"}}))
            .await;
    let job = approved(&world).await;
    assert_eq!(world.run_pod(&job).await, 0);
    let status = phase(&world, MigrationPhase::Succeeded).await;
    let restore = migration(&status).last_applied.expect("a plan").restore.expect("a command");
    let dump = world.backup_of(&job);
    let name = dump.file_name().unwrap().to_string_lossy().into_owned();
    assert!(restore.contains(&name) && name.contains(&job.name_any()), "{restore}");

    let other = Database::new();
    assert_eq!(restored(&other, &dump), "2", "the rows that were there");
}
