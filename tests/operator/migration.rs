//! Migrations from plan to verified: where each stands, and what is launched. Pods are made by the real Job controller and
//! run by nobody: see `kubelet`.

use k8s_openapi::api::batch::v1::Job;
use k8s_openapi::api::core::v1::{ConfigMap, ResourceQuota};
use kube::ResourceExt;
use kube::api::{DeleteParams, Patch, PatchParams, PostParams};
use schema_audit::api::condition::{ConditionType, is_true};
use schema_audit::api::migration_status::{MigrationPhase, MigrationStatus};
use schema_audit::api::{SchemaAudit, SchemaAuditStatus};
use serde_json::{Value, json};

use crate::cluster;
use crate::kubelet::applied;
use crate::operator::{self, MIGRATING, OWN_OPERATOR};
use crate::support::{Database, unique};
use crate::world::{World, condition, eventually, from_json, message};

const SQL: &str = "create table users (id bigint primary key, email text);\ncreate table badges (name text);";

/// A world whose audits the operator with migrations looks at.
async fn migrating() -> World {
    let operator = operator::migrating().await;
    World { operator: Some(operator), ..World::on(cluster::shared()).await }
}

/// The audit `shop` of an empty database with this `spec.migration`.
async fn prepared(database: &Database, migration: Value) -> World {
    let world = migrating().await;
    prepare(&world, database, MIGRATING, migration).await;
    world
}

async fn prepare(world: &World, database: &Database, label: &str, migration: Value) {
    world.secret_of(database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit_with(json!({"labels": {OWN_OPERATOR: label}}), json!({"migration": migration})).await;
}

fn of(status: &SchemaAuditStatus) -> MigrationStatus {
    status.migration.clone().unwrap_or_default()
}

/// The status when the migration is in this phase, for the spec as it is.
async fn phase(world: &World, phase: MigrationPhase) -> SchemaAuditStatus {
    let generation = world.api::<SchemaAudit>().get("shop").await.expect("an audit").metadata.generation;
    world
        .status(|status| {
            status.observed_generation == generation
                && status.migration.as_ref().is_some_and(|migration| migration.phase == phase)
        })
        .await
}

fn digest(status: &SchemaAuditStatus) -> String {
    of(status).plan.expect("a plan").digest
}

async fn approve(world: &World, plan: &str) {
    let approval = json!({"plan": plan, "by": "jane"});
    world.patch_audit(json!({"spec": {"migration": {"approval": approval}}})).await;
}

/// Asks for an audit, and gives the status after it.
async fn look(world: &World) -> SchemaAuditStatus {
    let token = unique("look");
    let annotations = json!({"schemaaudit.dev/requestedAt": token});
    world.patch_audit(json!({"metadata": {"annotations": annotations}})).await;
    world.status(|status| status.last_handled_reconcile_at.as_deref() == Some(&*token)).await
}

/// A world with a Job that runs, and its Job.
async fn running(database: &Database) -> (World, Job) {
    let work = async {
        let world = prepared(database, json!({"mode": "Manual"})).await;
        let plan = digest(&phase(&world, MigrationPhase::AwaitingApproval).await);
        approve(&world, &plan).await;
        let job = world.job().await;
        phase(&world, MigrationPhase::Running).await;
        (world, job)
    };
    Box::pin(work).await
}

#[tokio::test(flavor = "multi_thread")]
async fn with_mode_never_a_plan_is_shown_and_nothing_else() {
    let database = Database::new();
    let world = prepared(&database, json!({})).await;
    let status = phase(&world, MigrationPhase::Planned).await;
    let plan = of(&status).plan.unwrap();
    assert_eq!((plan.statements, plan.blockers, plan.unplannable), (2, 0, 0));
    assert_eq!(plan.config_map, "shop-plan");
    let map = world.api::<ConfigMap>().get("shop-plan").await.unwrap();
    let text = &map.data.as_ref().unwrap()["plan.sql"];
    assert!(text.contains("create table users") && text.contains(&plan.digest), "{text}");
    assert_eq!(map.owner_references()[0].name, "shop");
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "ComponentsMissing"));
    assert_eq!(condition(&status, ConditionType::Migrated), ("False", "MigrationPlanned"));
    // The same look once more is no news.
    let again = look(&world).await;
    assert_eq!(again.migration, status.migration);
    assert_eq!(world.api::<ConfigMap>().get("shop-plan").await.unwrap().metadata, map.metadata);
    assert!(world.jobs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_is_approved_launched_applied_and_verified() {
    let database = Database::new();
    // An audit may be created with an approval, before there is a plan: of another one it is void, and shown as such.
    let other = format!("sha256:{}", "0".repeat(64));
    let given = json!({"mode": "Manual", "approval": {"plan": other, "by": "jane"}});
    let world = prepared(&database, given).await;
    let status = phase(&world, MigrationPhase::ApprovalVoid).await;
    let plan = digest(&status);
    assert!(of(&status).message.contains(&other) && of(&status).message.contains(&plan), "{status:?}");
    assert_eq!(condition(&status, ConditionType::Migrated), ("False", "ApprovalVoid"));
    assert!(world.jobs().await.is_empty());

    world.patch_audit(json!({"spec": {"migration": {"approval": null}}})).await;
    let status = phase(&world, MigrationPhase::AwaitingApproval).await;
    assert_eq!(digest(&status), plan);
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "AwaitingApproval"));
    assert_eq!(condition(&status, ConditionType::Stalled), ("", ""));
    for words in [". The plan ", &*plan, "ConfigMap shop-plan", "spec.migration.approval"] {
        assert!(message(&status).contains(words), "{words}: {}", message(&status));
    }
    world.event("AwaitingApproval").await;

    approve(&world, &plan).await;
    let job = world.job().await;
    let status = phase(&world, MigrationPhase::Running).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "MigrationStarted"));
    assert_eq!(condition(&status, ConditionType::Reconciling), ("True", "MigrationStarted"));
    let launched = of(&status).job.unwrap();
    assert_eq!((&launched.name, launched.approved_by.as_deref()), (&job.name_any(), Some("jane")));
    let note = world.event("MigrationStarted").await.note.expect("a note");
    assert_eq!(note, format!("Job {} was launched for the plan {plan}, approved by jane", job.name_any()));

    database.execute(SQL);
    world.pod_ends(&job, 0, &applied()).await;
    let status = phase(&world, MigrationPhase::Succeeded).await;
    assert!(is_true(&status.conditions, ConditionType::Ready), "{status:#?}");
    assert_eq!(condition(&status, ConditionType::Migrated), ("True", "MigrationSucceeded"));
    let migration = of(&status);
    assert_eq!((&migration.plan, &migration.job), (&None, &None));
    assert_eq!(migration.last_applied.unwrap().plan, plan);
    assert_eq!(migration.history[0].verdict.as_deref(), Some("Succeeded"));
    world.event("MigrationSucceeded").await;
    let kept = || async { world.job().await.spec.unwrap().ttl_seconds_after_finished };
    eventually(kept, Option::is_some).await;

    // The approval is used up: what is dropped is not made again unasked.
    database.execute("drop table users, badges");
    look(&world).await;
    let status = phase(&world, MigrationPhase::ApprovalVoid).await;
    assert!(of(&status).message.contains("was used"), "{}", of(&status).message);
    assert_eq!(world.jobs().await.len(), 1);
    world.patch_audit(json!({"spec": {"migration": {"approval": null}}})).await;
    phase(&world, MigrationPhase::AwaitingApproval).await;
    approve(&world, &plan).await;
    eventually(|| world.jobs(), |jobs| jobs.len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_statement_is_told_and_not_tried_again_until_the_spec_changes() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    let failure = json!({"statement": 2, "position": "features.core.sql[0]:2", "sqlstate": "42501",
        "message": "permission denied for schema public", "hint": "grant create"});
    let result =
        json!({"outcome": "failed", "statements": {"run": 0, "of": 2}, "failure": failure, "message": "no"});
    world.pod_ends(&job, 1, &result).await;
    let status = phase(&world, MigrationPhase::Failed).await;
    let failure = of(&status).failure.unwrap();
    assert_eq!((failure.sqlstate.as_deref(), failure.statement), (Some("42501"), Some(2)));
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "MigrationFailed"));
    assert_eq!(condition(&status, ConditionType::Stalled), ("True", "MigrationFailed"));
    assert!(message(&status).contains("permission denied for schema public"), "{}", message(&status));
    world.event("MigrationFailed").await;
    look(&world).await;
    look(&world).await;
    assert_eq!(world.jobs().await.len(), 1);
    assert_eq!(of(&phase(&world, MigrationPhase::Failed).await).history.len(), 1);

    // The approval was used for that: whatever of the spec changes, it takes another one.
    world.patch_audit(json!({"spec": {"migration": {"deadline": "2h"}}})).await;
    let status = phase(&world, MigrationPhase::Failed).await;
    assert!(of(&status).message.contains("approve it anew"), "{}", of(&status).message);
    assert_eq!(world.jobs().await.len(), 1);
    let again = json!({"spec": {"migration": {"approval": {"at": "2026-11-23T10:00:00Z"}}}});
    world.patch_audit(again).await;
    eventually(|| world.jobs(), |jobs| jobs.len() == 2).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unused_approval_does_not_outlive_a_change_of_where_when_and_as_whom_the_plan_runs() {
    let (database, other) = (Database::new(), Database::new());
    // A day that does not come: what is approved waits.
    let window = json!({"schedule": "0 0 30 2 *", "duration": "1h"});
    let world = prepared(&database, json!({"mode": "Manual", "window": window})).await;
    world.secret("other", &[("uri", &other.url())]).await;
    let plan = digest(&phase(&world, MigrationPhase::AwaitingApproval).await);
    approve(&world, &plan).await;
    phase(&world, MigrationPhase::AwaitingWindow).await;
    let map = world.api::<ConfigMap>().get("shop-plan").await.unwrap().data.unwrap();
    for term in ["-- ", "audited with: Secret db\n", "runs with: Secret db\n", "0 0 30 2 *", "backup: none\n"]
    {
        assert!(map["plan.sql"].contains(term), "{term}: {}", map["plan.sql"]);
    }
    let of_migration = |fields: Value| json!({"spec": {"migration": fields}});
    let same = json!({"spec": {"database": {"secretRef": {"name": "db"}, "caSecretRef": null},
        "migration": {"window": window, "secretRef": null, "backup": null}}});
    for edit in [
        json!({"spec": {"database": {"secretRef": {"name": "other"}}}}),
        json!({"spec": {"database": {"secretRef": {"key": "uri"}}}}),
        of_migration(json!({"secretRef": {"name": "other"}})),
        of_migration(json!({"window": null})),
        of_migration(json!({"backup": {"persistentVolumeClaim": "backups"}})),
    ] {
        world.patch_audit(edit.clone()).await;
        let status = phase(&world, MigrationPhase::ApprovalVoid).await;
        assert_ne!(digest(&status), plan, "{edit}");
        assert!(world.jobs().await.is_empty(), "{edit}");
        let mut back = same.clone();
        back["spec"]["database"]["secretRef"]["key"] = Value::Null;
        world.patch_audit(back).await;
        assert_eq!(digest(&phase(&world, MigrationPhase::AwaitingWindow).await), plan, "{edit}");
    }
    // The same Secret, to another database with the same gaps.
    world.secret("db", &[("uri", &other.url())]).await;
    look(&world).await;
    assert_ne!(digest(&phase(&world, MigrationPhase::ApprovalVoid).await), plan);
    assert!(world.jobs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_somebody_rewrote_is_put_back_by_the_next_look() {
    let database = Database::new();
    let world = prepared(&database, json!({"mode": "Manual"})).await;
    let status = phase(&world, MigrationPhase::AwaitingApproval).await;
    let maps = world.api::<ConfigMap>();
    let text = |map: &ConfigMap| map.data.as_ref().unwrap()["plan.sql"].clone();
    let written = text(&maps.get("shop-plan").await.unwrap());
    let plan = of(&status).plan.unwrap();
    assert_eq!(plan.text_digest, Some(schema_audit::kubernetes::feature_set::digest(&written)));
    let harmless = json!({"data": {"plan.sql": "-- There is nothing to run."}});
    maps.patch("shop-plan", &PatchParams::default(), &Patch::Merge(&harmless)).await.unwrap();
    let status = look(&world).await;
    assert_eq!(text(&maps.get("shop-plan").await.unwrap()), written);
    assert_eq!(of(&status).plan, Some(plan));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_cannot_be_written_because_somebody_froze_its_config_map_is_not_run() {
    let database = Database::new();
    let world = prepared(&database, json!({"mode": "Manual"})).await;
    phase(&world, MigrationPhase::AwaitingApproval).await;
    let maps = world.api::<ConfigMap>();
    let frozen = json!({"immutable": true});
    maps.patch("shop-plan", &PatchParams::default(), &Patch::Merge(&frozen)).await.unwrap();
    world.feature_set_of("crm", &format!("{SQL} create table later (id int);")).await;
    let status = phase(&world, MigrationPhase::Blocked).await;
    let words = "(remedy: kubectl delete configmap shop-plan; the next audit makes it anew)";
    assert!(of(&status).message.contains(words), "{}", of(&status).message);
    let plan = of(&status).plan.unwrap();
    assert_eq!((plan.statements, plan.blockers, &plan.text_digest), (3, 1, &None));
    approve(&world, &plan.digest).await;
    look(&world).await;
    assert!(world.jobs().await.is_empty(), "nobody could read what was approved");

    world.patch_audit(json!({"spec": {"migration": {"approval": null}}})).await;
    maps.delete("shop-plan", &DeleteParams::default()).await.unwrap();
    look(&world).await;
    phase(&world, MigrationPhase::AwaitingApproval).await;
    let map = maps.get("shop-plan").await.unwrap();
    assert!(map.data.unwrap()["plan.sql"].contains(&plan.digest));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plan_that_another_role_runs_says_nothing_of_what_the_role_of_the_audit_may_not_do() {
    let database = Database::new();
    database.execute("revoke create on schema public from public");
    let role = database.role();
    let world = migrating().await;
    world.secret("db", &[("uri", &database.url_as(&role.name, &role.password))]).await;
    world.secret("owner", &[("uri", &database.url())]).await;
    world.feature_set_of("crm", SQL).await;
    let spec = json!({"migration": {"mode": "Manual"}});
    world.audit_with(json!({"labels": {OWN_OPERATOR: MIGRATING}}), spec).await;
    let script = async || {
        let map = world.api::<ConfigMap>().get("shop-plan").await.unwrap();
        map.data.unwrap()["plan.sql"].clone()
    };
    let blocked = of(&phase(&world, MigrationPhase::Blocked).await).plan.unwrap();
    assert_eq!(blocked.blockers, 1);
    let grant = format!("GRANT CREATE ON SCHEMA public TO {}", role.name);
    assert!(script().await.contains(&grant), "{}", script().await);

    world.patch_audit(json!({"spec": {"migration": {"secretRef": {"name": "owner"}}}})).await;
    let waiting = of(&phase(&world, MigrationPhase::AwaitingApproval).await).plan.unwrap();
    assert_eq!(waiting.blockers, 0);
    let script = script().await;
    assert!(script.contains(&waiting.digest) && script.contains("0 blockers"), "{script}");
    assert!(!script.contains(&role.name), "who approves is not told to grant anything: {script}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_only_says_that_it_applied_the_plan_is_not_believed() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    world.pod_ends(&job, 0, &applied()).await;
    let status = phase(&world, MigrationPhase::Failed).await;
    assert!(of(&status).message.contains("still to run"), "{}", of(&status).message);
    assert_eq!(of(&status).history[0].outcome.as_deref(), Some("Applied"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_outdated_plan_gives_a_new_one_that_nobody_approved() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    database.execute("create table badges (name text)");
    world.pod_ends(&job, 3, &json!({"outcome": "outdated", "message": "the plan is another one"})).await;
    let status = phase(&world, MigrationPhase::ApprovalVoid).await;
    assert_eq!(of(&status).plan.unwrap().statements, 1);
    assert_eq!(of(&status).history[0].outcome.as_deref(), Some("Outdated"));
    world.event("MigrationFailed").await;
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_could_not_begin_is_tried_again_later() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    world
        .pod_ends(&job, 4, &json!({"outcome": "locked", "message": "another migration holds the lock"}))
        .await;
    let status = phase(&world, MigrationPhase::Retrying).await;
    assert!(
        of(&status).message.contains("another migration holds the lock; attempt 2 begins at"),
        "{status:?}"
    );
    assert_eq!(condition(&status, ConditionType::Stalled), ("", ""));
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn automatic_launches_what_has_no_hazard_and_asks_for_the_rest() {
    let database = Database::new();
    let world = prepared(&database, json!({"mode": "Automatic"})).await;
    let job = world.job().await;
    assert_eq!(of(&phase(&world, MigrationPhase::Running).await).job.unwrap().approved_by, None);
    database.execute(SQL);
    world.pod_ends(&job, 0, &applied()).await;
    phase(&world, MigrationPhase::Succeeded).await;

    database.execute("insert into users select n from generate_series(1, 20000) n; analyze users");
    world.feature_set_of("crm", &format!("{SQL} create index users_email on users (email);")).await;
    let status = world.status(|status| of(status).phase == MigrationPhase::AwaitingApproval).await;
    let plan = of(&status).plan.unwrap();
    assert!(plan.hazards > 0 && !plan.summary.is_empty(), "{plan:?}");
    assert!(of(&status).message.contains("because of its hazards"), "{}", of(&status).message);
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_without_migrations_says_so_and_creates_nothing() {
    let (world, database) = (World::new().await, Database::new());
    world.secret_of(&database).await;
    world.feature_set_of("crm", SQL).await;
    world.audit(json!({"migration": {"mode": "Automatic"}})).await;
    let status = phase(&world, MigrationPhase::SwitchedOff).await;
    assert!(of(&status).message.contains("--allow-migrations"), "{}", of(&status).message);
    assert_eq!(condition(&status, ConditionType::Migrated), ("False", "MigrationsSwitchedOff"));
    assert!(world.jobs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_closed_window_is_waited_for() {
    let database = Database::new();
    // A day that does not come.
    let window = json!({"schedule": "0 0 30 2 *", "duration": "1h"});
    let world = prepared(&database, json!({"mode": "Automatic", "window": window})).await;
    let status = phase(&world, MigrationPhase::AwaitingWindow).await;
    assert_eq!(condition(&status, ConditionType::Ready), ("False", "AwaitingWindow"));
    assert!(world.jobs().await.is_empty());
    let window = json!({"schedule": "* * * * *", "timeZone": "Europe/Berlin"});
    world.patch_audit(json!({"spec": {"migration": {"window": window}}})).await;
    world.job().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_window_that_cannot_be_read_blocks_and_says_why() {
    let database = Database::new();
    let window = json!({"schedule": "0 99 * * *", "duration": "1h"});
    let world = prepared(&database, json!({"mode": "Automatic", "window": window})).await;
    let status = phase(&world, MigrationPhase::Blocked).await;
    assert!(of(&status).message.contains("in range 0..=23; found 99"), "{}", of(&status).message);
    assert_eq!(condition(&status, ConditionType::Stalled), ("True", "MigrationBlocked"));
    assert!(world.jobs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_feature_set_that_cannot_be_read_in_whole_blocks() {
    let database = Database::new();
    let world = migrating().await;
    world.secret_of(&database).await;
    world.feature_set_of("crm", &format!("{SQL} create tabel oops ();")).await;
    let metadata = json!({"labels": {OWN_OPERATOR: MIGRATING}});
    world.audit_with(metadata, json!({"migration": {"mode": "Automatic"}})).await;
    let status = phase(&world, MigrationPhase::Blocked).await;
    assert!(of(&status).message.contains("cannot be read in whole"), "{}", of(&status).message);
    assert!(world.jobs().await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pod_that_cannot_start_is_told_while_it_waits() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    world.pod_is(&job, json!({"waiting": {"reason": "ImagePullBackOff", "message": "no such image"}})).await;
    let told = |status: &SchemaAuditStatus| of(status).message.contains("cannot be pulled");
    world.status(told).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_whose_pod_a_quota_refuses_says_where_to_look() {
    let database = Database::new();
    let world = prepared(&database, json!({"mode": "Manual"})).await;
    let quota: ResourceQuota = from_json(json!({
        "apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}},
    }));
    world.api().create(&PostParams::default(), &quota).await.unwrap();
    let counted = |quota: &ResourceQuota| quota.status.as_ref().is_some_and(|status| status.hard.is_some());
    eventually(async || world.api::<ResourceQuota>().get("none").await.unwrap(), counted).await;
    approve(&world, &digest(&phase(&world, MigrationPhase::AwaitingApproval).await)).await;
    let job = world.job().await.name_any();
    let words = format!("kubectl describe job {job} --namespace {}", world.namespace);
    world.status(|status| of(status).message.ends_with(&words)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn suspending_in_the_middle_leaves_the_job_and_verifies_when_it_is_over() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    world.patch_audit(json!({"spec": {"suspend": true}})).await;
    let status = world.reason("Suspended").await;
    assert_eq!(of(&status).phase, MigrationPhase::Running);
    database.execute(SQL);
    world.pod_ends(&job, 0, &applied()).await;
    let status = phase(&world, MigrationPhase::Verifying).await;
    assert!(of(&status).message.contains("the next audit says what came of it"), "{}", of(&status).message);
    world.patch_audit(json!({"spec": {"suspend": false}})).await;
    phase(&world, MigrationPhase::Succeeded).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_somebody_deletes_is_lost_and_the_audit_tells_what_came_of_it() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    let foreground = DeleteParams::foreground();
    world.api::<Job>().delete(&job.name_any(), &foreground).await.unwrap();
    let status = phase(&world, MigrationPhase::Failed).await;
    assert_eq!(of(&status).history[0].outcome.as_deref(), Some("Lost"));
}

#[tokio::test(flavor = "multi_thread")]
async fn features_that_change_in_the_middle_do_not_confuse_what_was_applied() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    world.feature_set_of("crm", &format!("{SQL} create table later (id int);")).await;
    let status = look(&world).await;
    assert_eq!(of(&status).phase, MigrationPhase::Running);
    assert_eq!(status.summary.unwrap().missing, Some(status.summary.unwrap().required));
    database.execute(SQL);
    world.pod_ends(&job, 0, &applied()).await;
    let status = phase(&world, MigrationPhase::ApprovalVoid).await;
    assert_eq!(of(&status).history[0].verdict.as_deref(), Some("Succeeded"));
    assert_eq!(of(&status).plan.unwrap().statements, 1);
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn taking_spec_migration_away_in_the_middle_follows_the_job_to_its_end() {
    let database = Database::new();
    let (world, job) = running(&database).await;
    world.patch_audit(json!({"spec": {"migration": null}})).await;
    phase(&world, MigrationPhase::Running).await;
    database.execute(SQL);
    world.pod_ends(&job, 0, &applied()).await;
    let status = world.status(|status| status.migration.is_none()).await;
    assert!(is_true(&status.conditions, ConditionType::Ready), "{status:?}");
    assert_eq!(condition(&status, ConditionType::Migrated), ("", ""));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_audit_takes_its_job_its_plan_and_its_bundle_with_it() {
    let database = Database::new();
    let (world, _job) = running(&database).await;
    world.api::<SchemaAudit>().delete("shop", &DeleteParams::default()).await.unwrap();
    eventually(|| world.jobs(), Vec::is_empty).await;
    let maps = || async {
        let maps = world.api::<ConfigMap>().list(&kube::api::ListParams::default()).await.unwrap().items;
        maps.iter().map(ResourceExt::name_any).filter(|name| name.starts_with("shop-")).collect()
    };
    eventually(maps, Vec::<String>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_in_any_phase_goes_on_where_it_was() {
    operator::migrating().await;
    let (database, world) = (Database::new(), World::on(cluster::shared()).await);
    let label = unique("own").replace('_', "-");
    prepare(&world, &database, &label, json!({"mode": "Manual"})).await;
    let first = operator::start_migrating(&label).await;
    let plan = digest(&phase(&world, MigrationPhase::AwaitingApproval).await);
    first.terminate();
    approve(&world, &plan).await;
    let second = operator::start_migrating(&label).await;
    let job = world.job().await;
    phase(&world, MigrationPhase::Running).await;
    second.terminate();
    database.execute(SQL);
    world.pod_ends(&job, 0, &applied()).await;
    let _third = operator::start_migrating(&label).await;
    let status = phase(&world, MigrationPhase::Succeeded).await;
    assert_eq!(of(&status).history.len(), 1);
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restart_that_switches_migrations_on_or_off_is_told_before_the_next_slot() {
    operator::migrating().await;
    let (database, world) = (Database::new(), World::on(cluster::shared()).await);
    let label = unique("own").replace('_', "-");
    prepare(&world, &database, &label, json!({"mode": "Manual"})).await;
    let first = operator::start_without_migrations(&label).await;
    phase(&world, MigrationPhase::SwitchedOff).await;
    first.terminate();
    let second = operator::start_migrating(&label).await;
    phase(&world, MigrationPhase::AwaitingApproval).await;
    second.terminate();
    let _third = operator::start_without_migrations(&label).await;
    phase(&world, MigrationPhase::SwitchedOff).await;
}

/// The status is lost between the creation of the Job and its recording.
#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_was_never_recorded_is_taken_up() {
    operator::migrating().await;
    let (database, world) = (Database::new(), World::on(cluster::shared()).await);
    let label = unique("own").replace('_', "-");
    prepare(&world, &database, &label, json!({"mode": "Automatic"})).await;
    let first = operator::start_migrating(&label).await;
    let job = world.job().await;
    phase(&world, MigrationPhase::Running).await;
    first.terminate();
    let audits = world.api::<SchemaAudit>();
    let patch = json!({"status": {"migration": null}});
    let parameters = PatchParams::default();
    audits.patch_status("shop", &parameters, &Patch::Merge(&patch)).await.unwrap();
    let _second = operator::start_migrating(&label).await;
    let status = look(&world).await;
    assert_eq!(of(&status).job.map(|job| job.name), Some(job.name_any()));
    assert_eq!(world.jobs().await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn two_audits_of_one_database_have_a_job_each() {
    let database = Database::new();
    let world = prepared(&database, json!({"mode": "Automatic"})).await;
    let first = world.job().await;
    let api = world.api::<SchemaAudit>();
    let mut second = api.get("shop").await.unwrap();
    second.metadata =
        serde_json::from_value(json!({"name": "shop-two", "labels": {OWN_OPERATOR: MIGRATING}})).unwrap();
    second.status = None;
    api.create(&PostParams::default(), &second).await.unwrap();
    let jobs = eventually(|| world.jobs(), |jobs| jobs.len() == 2).await;
    assert!(jobs.iter().any(|job| job.name_any() == first.name_any()));
    let owners: std::collections::BTreeSet<_> =
        jobs.iter().map(|job| job.owner_references()[0].name.clone()).collect();
    assert_eq!(owners, ["shop".to_owned(), "shop-two".to_owned()].into());
}
