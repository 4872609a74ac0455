//! The Job that applies a plan: its object, and what the cluster says of it.
//!
//! The image and the security settings are the operator's; the spec gives only what a cluster must know to run a pod. The
//! pod has no token of the API, and credentials as files of a volume only.

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::{
    Job, JobSpec, PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement,
    PodFailurePolicyOnPodConditionsPattern, PodFailurePolicyRule,
};
use k8s_openapi::api::core::v1::{Pod, PodTemplateSpec};
use kube::api::{ListParams, ObjectMeta, Patch, PatchParams, PostParams};
use kube::{Api, Client, Resource, ResourceExt};
use serde_json::json;

use super::document::AUDIT_LABEL;
use super::{Attempt, CallError, FIELD_MANAGER, call};
use crate::api::SchemaAudit;
use crate::api::migration::{BackupMode, Migration};
use crate::api::secret_reference::SecretReference;
use crate::core::migration::{self, Run};
use crate::core::plan::outcome::Backup;
use crate::translate::job::{APPLY, annotations, is_over, read};

mod pod;

/// How long a Job stays after its result was recorded, in seconds: long enough to read its log.
const KEPT_SECONDS: i32 = 24 * 60 * 60;

/// The images of a migration: the operator's choice, never the spec's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// The one with `schema-audit`.
    pub apply: String,
    /// The one with `schema-audit` beside `pg_dump` and `pg_restore`, if backups can be made.
    pub backup: Option<String>,
}

/// The name of the Job of a migration: no longer than 63 bytes for an audit of 52.
#[must_use]
pub fn name(audit: &str, plan: &str, number: u32) -> String {
    let digits = plan.trim_start_matches("sha256:");
    format!("{audit}-{}-{}", digits.get(..6).unwrap_or(digits), number % 1000)
}

/// The command that brings back what was saved before a migration, where something is.
#[must_use]
pub fn restore(audit: &SchemaAudit, job: &str, started: Timestamp) -> Option<String> {
    let claim = backup_claim(audit.spec.migration.as_ref()?)?;
    let command = Backup::restore_anywhere(&backup_file(audit, job, started));
    Some(format!("{command} (in the PersistentVolumeClaim {claim}; into a new, empty database)"))
}

fn backup_claim(migration: &Migration) -> Option<&str> {
    let backup = migration.backup.as_ref().filter(|backup| backup.mode == BackupMode::PgDump)?;
    backup.persistent_volume_claim.as_deref()
}

/// The claim outlives the audit, and the numbers of Jobs begin anew with another one of its name: the time keeps a backup
/// of then from being taken for the one of this migration.
fn backup_file(audit: &SchemaAudit, job: &str, started: Timestamp) -> String {
    let time = started.strftime("%Y%m%dT%H%M%SZ");
    format!("{}.{job}.{time}.dump", audit.namespace().unwrap_or_default())
}

/// The Job of a migration, with the bundle in these `ConfigMap`s.
#[must_use]
pub fn job(
    audit: &SchemaAudit,
    migration: &Migration,
    images: &Images,
    run: &Run,
    bundle: &[(String, String)],
) -> Job {
    let settings = migration.pod.clone().unwrap_or_default();
    let labels = BTreeMap::from([
        ("app.kubernetes.io/managed-by".to_owned(), "schema-audit".to_owned()),
        ("app.kubernetes.io/component".to_owned(), "migration".to_owned()),
        (AUDIT_LABEL.to_owned(), audit.name_any()),
    ]);
    let mut pod_labels = settings.labels.clone();
    pod_labels.extend(labels.clone());
    let deadline = i64::try_from(migration.deadline.get().as_secs()).unwrap_or(i64::MAX);
    Job {
        metadata: ObjectMeta {
            name: Some(run.job.clone()),
            namespace: audit.namespace(),
            labels: Some(labels),
            annotations: Some(annotations(run)),
            owner_references: audit.controller_owner_ref(&()).map(|owner| vec![owner]),
            ..ObjectMeta::default()
        },
        spec: Some(JobSpec {
            active_deadline_seconds: Some(deadline),
            backoff_limit: Some(0),
            completions: Some(1),
            parallelism: Some(1),
            pod_failure_policy: Some(failure_policy()),
            pod_replacement_policy: Some("Failed".to_owned()),
            template: PodTemplateSpec {
                metadata: Some(ObjectMeta {
                    labels: Some(pod_labels),
                    annotations: Some(settings.annotations.clone()).filter(|it| !it.is_empty()),
                    ..ObjectMeta::default()
                }),
                spec: Some(pod::pod(audit, migration, images, run, bundle, settings)),
            },
            ..JobSpec::default()
        }),
        status: None,
    }
}

/// A pod that was evicted or preempted is followed by another one, which plans again and refuses what changed; any other
/// end is the end.
fn failure_policy() -> PodFailurePolicy {
    let ignore = PodFailurePolicyRule {
        action: "Ignore".to_owned(),
        on_pod_conditions: Some(vec![PodFailurePolicyOnPodConditionsPattern {
            type_: "DisruptionTarget".to_owned(),
            status: "True".to_owned(),
        }]),
        ..PodFailurePolicyRule::default()
    };
    let fail = PodFailurePolicyRule {
        action: "FailJob".to_owned(),
        on_exit_codes: Some(PodFailurePolicyOnExitCodesRequirement {
            container_name: Some(APPLY.to_owned()),
            operator: "NotIn".to_owned(),
            values: vec![0],
        }),
        ..PodFailurePolicyRule::default()
    };
    PodFailurePolicy { rules: vec![ignore, fail] }
}

/// The Secret that the Job reads.
#[must_use]
pub fn secret_reference<'a>(audit: &'a SchemaAudit, migration: &'a Migration) -> &'a SecretReference {
    migration.secret_ref.as_ref().unwrap_or(&audit.spec.database.secret_ref)
}

/// A Job of the audit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// How far it is.
    pub job: migration::Job,
    /// Whether it goes by itself, because its result was recorded.
    pub is_let_go: bool,
}

/// The Jobs of the audit, with how far they are. Those of a deleted audit of the same name are not among them.
pub async fn list(client: &Client, audit: &SchemaAudit, now: Timestamp) -> Result<Vec<Listed>, CallError> {
    let namespace = audit.namespace().unwrap_or_default();
    let jobs: Api<Job> = Api::namespaced(client.clone(), &namespace);
    let pods: Api<Pod> = Api::namespaced(client.clone(), &namespace);
    let of_audit = ListParams::default().labels(&format!("{AUDIT_LABEL}={}", audit.name_any()));
    let attempted = || Attempt::new("listing the Jobs of", "SchemaAudit", audit.name_any());
    let found = call(attempted, jobs.list(&of_audit)).await?;
    let uid = audit.meta().uid.as_deref();
    let mine = found
        .items
        .into_iter()
        .filter(|job| job.owner_references().iter().any(|owner| Some(owner.uid.as_str()) == uid));
    let mut all = Vec::new();
    for job in mine {
        let name = job.name_any();
        // What is over and was recorded is asked nothing more.
        let is_let_go = job.spec.as_ref().is_some_and(|spec| spec.ttl_seconds_after_finished.is_some());
        let of_job = ListParams::default().labels(&format!("batch.kubernetes.io/job-name={name}"));
        let pods = if is_let_go && is_over(&job) {
            Vec::new()
        } else {
            call(|| with_job("listing the pods of", &name), pods.list(&of_job)).await?.items
        };
        all.extend(read(&job, &pods, now).map(|job| Listed { job, is_let_go }));
    }
    Ok(all)
}

fn with_job(doing: &'static str, name: &str) -> Attempt {
    Attempt::new(doing, "Job", name)
}

/// Creates a Job and gives it as it is then. One of the same audit that is there already stays as it is.
pub async fn create(client: &Client, job: &Job) -> Result<Job, CallError> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), &job.namespace().unwrap_or_default());
    let parameters = PostParams { field_manager: Some(FIELD_MANAGER.to_owned()), ..PostParams::default() };
    let name = job.name_any();
    let error = match call(|| with_job("creating", &name), jobs.create(&parameters, job)).await {
        Err(error) if error.is_already_there() => error,
        created => return created,
    };
    let there = call(|| with_job("reading", &name), jobs.get(&name)).await?;
    let uids =
        |job: &Job| -> Vec<String> { job.owner_references().iter().map(|owner| owner.uid.clone()).collect() };
    // That of a deleted audit of the same name is about to go.
    if uids(&there) == uids(job) { Ok(there) } else { Err(error) }
}

/// A Job of the audit, as it is.
pub async fn get(client: &Client, audit: &SchemaAudit, name: &str) -> Result<Option<Job>, CallError> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), &audit.namespace().unwrap_or_default());
    call(|| with_job("reading", name), jobs.get_opt(name)).await
}

/// Lets a Job go some time after its result was recorded.
pub async fn let_go(client: &Client, audit: &SchemaAudit, name: &str) -> Result<(), CallError> {
    let jobs: Api<Job> = Api::namespaced(client.clone(), &audit.namespace().unwrap_or_default());
    let patch = json!({"spec": {"ttlSecondsAfterFinished": KEPT_SECONDS}});
    let (parameters, patch) = (PatchParams::default(), Patch::Merge(&patch));
    match call(|| with_job("releasing", name), jobs.patch(name, &parameters, &patch)).await {
        Err(error) if error.is_not_found() => Ok(()),
        patched => patched.map(|_| ()),
    }
}

#[cfg(test)]
mod tests;
