//! The Job of a migration, as the cluster has it, to the engine.

mod waiting;

use std::collections::BTreeMap;

use jiff::Timestamp;
use k8s_openapi::api::batch::v1::Job as ClusterJob;
use k8s_openapi::api::core::v1::{ContainerStatus, Pod};

use crate::core::migration::result::{Ended, Outcome};
use crate::core::migration::{Approval, Job, JobState, Run};

/// The container that applies the plan.
pub const APPLY: &str = "apply";

/// The container that saves the database before.
pub const BACKUP: &str = "backup";

/// The annotation with the digest of the plan.
pub const PLAN: &str = "schemaaudit.dev/plan";
/// The annotation with the number of the migration.
pub const NUMBER: &str = "schemaaudit.dev/number";
/// The annotation with the digest of the feature sets.
pub const DOCUMENTS: &str = "schemaaudit.dev/documents";
/// The annotation with the generation of the `SchemaAudit`.
pub const GENERATION: &str = "schemaaudit.dev/generation";
/// The annotation with the name of who approved.
pub const APPROVED_BY: &str = "schemaaudit.dev/approvedBy";
/// The annotation with the time of the approval, where it said one.
pub const APPROVED_AT: &str = "schemaaudit.dev/approvedAt";
/// The annotation with the Secret that led to the database of the plan.
pub const AUDITED_WITH: &str = "schemaaudit.dev/auditedWith";
/// The annotation with the command that brings back what was saved.
pub const RESTORE: &str = "schemaaudit.dev/restore";
/// The annotation with the time of the launch.
pub const STARTED: &str = "schemaaudit.dev/startedAt";

/// The annotations that say what a Job runs: enough to take it up again when nothing else is known of it.
#[must_use]
pub fn annotations(run: &Run) -> BTreeMap<String, String> {
    let Run { number, plan, job: _, started, generation, documents, approval, audited_with, restore } = run;
    let mut annotations = BTreeMap::from([
        (PLAN.to_owned(), plan.clone()),
        (NUMBER.to_owned(), number.to_string()),
        (DOCUMENTS.to_owned(), documents.clone()),
        (GENERATION.to_owned(), generation.to_string()),
        (STARTED.to_owned(), started.to_string()),
    ]);
    let approved_by = approval.as_ref().map(|approval| approval.by.clone());
    let approved_at = approval.as_ref().and_then(|approval| approval.at).map(|at| at.to_string());
    let optional = [
        (APPROVED_BY, approved_by),
        (APPROVED_AT, approved_at),
        (AUDITED_WITH, audited_with.clone()),
        (RESTORE, restore.clone()),
    ];
    annotations.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
    annotations
}

/// A Job with its pods; `None` for one that is not of ours.
#[must_use]
pub fn read(job: &ClusterJob, pods: &[Pod], now: Timestamp) -> Option<Job> {
    Some(Job { run: run(job)?, state: state(job, pods, now) })
}

fn run(job: &ClusterJob) -> Option<Run> {
    let annotations = job.metadata.annotations.as_ref()?;
    let text = |name: &str| annotations.get(name).cloned();
    let created = job.metadata.creation_timestamp.as_ref().map(|time| time.0);
    Some(Run {
        number: text(NUMBER)?.parse().ok()?,
        approval: text(APPROVED_BY).map(|by| Approval {
            plan: text(PLAN).unwrap_or_default(),
            by,
            at: text(APPROVED_AT).and_then(|at| at.parse().ok()),
        }),
        audited_with: text(AUDITED_WITH),
        plan: text(PLAN)?,
        job: job.metadata.name.clone()?,
        started: text(STARTED).and_then(|time| time.parse().ok()).or(created)?,
        generation: text(GENERATION)?.parse().ok()?,
        documents: text(DOCUMENTS)?,
        restore: text(RESTORE),
    })
}

/// Whether the Job is over: then its pods are worth asking how.
#[must_use]
pub fn is_over(job: &ClusterJob) -> bool {
    finished(job).is_some()
}

/// The condition that ends a Job: Complete or Failed, with reason, message and time.
fn finished(job: &ClusterJob) -> Option<(bool, String, String, Option<Timestamp>)> {
    let conditions = job.status.as_ref()?.conditions.as_ref()?;
    let is_true = |type_: &str| conditions.iter().find(|it| it.type_ == type_ && it.status == "True");
    let (complete, condition) = match (is_true("Complete"), is_true("Failed")) {
        (Some(condition), _) => (true, condition),
        (None, Some(condition)) => (false, condition),
        (None, None) => return None,
    };
    let time = condition.last_transition_time.as_ref().map(|time| time.0);
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    Some((complete, text(&condition.reason), text(&condition.message), time))
}

fn state(job: &ClusterJob, pods: &[Pod], now: Timestamp) -> JobState {
    if let Some((complete, reason, _message, time)) = finished(job) {
        // The clocks of nodes may be ahead.
        let at = time.unwrap_or(now).min(now);
        return JobState::Ended(ended(complete, &reason, pods, at));
    }
    // The latest pod: an evicted one is followed by another.
    let latest = pods.iter().max_by_key(|pod| pod.metadata.creation_timestamp.as_ref().map(|time| time.0));
    let runs = |containers: &Option<Vec<ContainerStatus>>| {
        containers.iter().flatten().any(|it| it.state.as_ref().is_some_and(|it| it.running.is_some()))
    };
    let status = latest.and_then(|pod| pod.status.as_ref());
    if status.is_some_and(|it| runs(&it.container_statuses) || runs(&it.init_container_statuses)) {
        JobState::Running
    } else {
        JobState::Pending(waiting::why(job, latest))
    }
}

/// The reason of a Job's condition where its deadline passed.
const DEADLINE_EXCEEDED: &str = "DeadlineExceeded";
const PAST_DEADLINE: &str = "the Job did not end within spec.migration.deadline";

/// How a Job ended: by its termination message, or by what the cluster says.
fn ended(complete: bool, reason: &str, pods: &[Pod], at: Timestamp) -> Ended {
    let mut latest: Vec<&Pod> = pods.iter().collect();
    latest.sort_by_key(|pod| std::cmp::Reverse(pod.metadata.creation_timestamp.as_ref().map(|time| time.0)));
    let statuses = || latest.iter().filter_map(|pod| pod.status.as_ref());
    let terminated = |name: &str| {
        let containers = statuses().flat_map(|status| {
            status.container_statuses.iter().chain(&status.init_container_statuses).flatten()
        });
        containers.filter(|it| it.name == name).find_map(|it| it.state.as_ref()?.terminated.clone())
    };
    let applied = terminated(APPLY);
    let message = applied.as_ref().and_then(|it| it.message.as_deref()).unwrap_or_default();
    let exit_code = applied.as_ref().map_or(0, |it| it.exit_code);
    if let Some(ended) = Ended::read(at, exit_code, message) {
        // It says that it was stopped, and cannot know by whom.
        return match ended.outcome {
            Outcome::Failed if reason == DEADLINE_EXCEEDED => {
                Ended { message: format!("{PAST_DEADLINE}: {}", ended.message), ..ended }
            }
            _ => ended,
        };
    }
    let without = |outcome, message: String| Ended::without_message(at, outcome, message);
    if complete {
        return without(Outcome::Applied, "the Job succeeded and left no result".to_owned());
    }
    if reason == DEADLINE_EXCEEDED {
        return without(Outcome::Failed, PAST_DEADLINE.to_owned());
    }
    if let Some(backup) = terminated(BACKUP).filter(|it| it.exit_code != 0) {
        // An earlier pod may have come further, if this one was not the first.
        let nothing = if latest.len() > 1 { "" } else { ", and nothing was changed" };
        let failed = |words: &str| format!("the backup failed{nothing}: {words}");
        let words = backup.message.unwrap_or_default();
        return match Ended::read(at, backup.exit_code, &words) {
            Some(ended) if matches!(ended.outcome, Outcome::Failed | Outcome::Transient) => {
                let failed_with = ended.failure.as_ref().map(|it| &it.message).filter(|it| !it.is_empty());
                let words = failed_with.unwrap_or(&ended.message);
                // That is said already.
                let said = ["nothing was touched: ", "there is no backup: "];
                let why =
                    said.iter().fold(words.as_str(), |words, said| words.strip_prefix(said).unwrap_or(words));
                Ended { message: failed(why), failure: None, ..ended }
            }
            Some(ended) => ended,
            None => {
                let why = backup.reason.unwrap_or_default();
                without(Outcome::Failed, failed(&format!("exit code {} ({why})", backup.exit_code)))
            }
        };
    }
    let message = if let Some(applied) = applied {
        let why = applied.reason.unwrap_or_default();
        format!("the Job ended with exit code {exit_code} ({why}) and left no result")
    } else if latest.is_empty() {
        format!("the Job failed ({reason}), and its pod is gone, so that nobody saw how far it came")
    } else {
        let why = statuses().find_map(|status| status.reason.clone()).unwrap_or_else(|| reason.to_owned());
        format!("the Job failed before it began ({why})")
    };
    without(Outcome::Failed, message)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    fn run() -> Run {
        Run {
            number: 7,
            plan: "sha256:1".into(),
            job: "shop-1-7".into(),
            started: now(),
            generation: 3,
            documents: "sha256:2".into(),
            approval: Some(Approval { plan: "sha256:1".into(), by: "jane".into(), at: Some(now()) }),
            audited_with: Some("Secret db".into()),
            restore: Some("pg_restore".into()),
        }
    }

    fn job(condition: Option<(&str, &str)>) -> ClusterJob {
        let conditions: Vec<Value> = condition
            .iter()
            .map(|(type_, reason)| {
                json!({"type": type_, "status": "True", "reason": reason, "lastTransitionTime": "2026-01-01T00:00:00Z"})
            })
            .collect();
        let mut job: ClusterJob = serde_json::from_value(
            json!({"metadata": {"name": "shop-1-7"}, "status": {"conditions": conditions}}),
        )
        .unwrap();
        job.metadata.annotations = Some(annotations(&run()));
        job
    }

    fn pod(status: &Value) -> Pod {
        serde_json::from_value(
            json!({"metadata": {"creationTimestamp": "2026-01-01T00:00:00Z"}, "status": status}),
        )
        .unwrap()
    }

    fn container(name: &str, state: &Value) -> Value {
        json!({"name": name, "state": state, "image": "i", "imageID": "", "ready": false, "restartCount": 0})
    }

    fn over(job: &ClusterJob, pods: &[Pod]) -> Ended {
        match read(job, pods, now()).unwrap().state {
            JobState::Ended(ended) => ended,
            state => panic!("{state:?}"),
        }
    }

    #[test]
    fn what_a_job_runs_is_read_back_from_it() {
        assert_eq!(read(&job(None), &[], now()).unwrap().run, run());
        let mut foreign = job(None);
        foreign.metadata.annotations = None;
        assert_eq!(read(&foreign, &[], now()), None);
    }

    #[test]
    fn r81_the_termination_message_tells_how_it_ended() {
        let message =
            r#"{"outcome":"failed","statements":{"run":1,"of":2},"failure":{"statement":2,"message":"no"}}"#;
        let state = json!({"terminated": {"exitCode": 1, "message": message}});
        let pod = pod(&json!({"containerStatuses": [container(APPLY, &state)]}));
        let ended = over(&job(Some(("Failed", "PodFailurePolicy"))), &[pod]);
        assert_eq!(
            (ended.outcome, ended.statements.map(|it| (it.run, it.of))),
            (Outcome::Failed, Some((1, 2)))
        );
    }

    #[test]
    fn without_a_message_the_cluster_tells() {
        let killed = json!({"terminated": {"exitCode": 137, "reason": "OOMKilled"}});
        let killed = pod(&json!({"containerStatuses": [container(APPLY, &killed)]}));
        let stopped = r#"{"outcome":"stopped","message":"stopped: no statement stands"}"#;
        let stopped = json!({"terminated": {"exitCode": 1, "message": stopped}});
        let stopped = pod(&json!({"containerStatuses": [container(APPLY, &stopped)]}));
        let backup = |exit_code: i32, message: &str| {
            let ended = json!({"exitCode": exit_code, "reason": "Error", "message": message});
            pod(&json!({"initContainerStatuses": [container(BACKUP, &json!({"terminated": ended}))]}))
        };
        let transient = r#"{"outcome":"notBegun","message":"nothing was touched: no lock","failure":{"message":"nothing was touched: no lock","transient":true}}"#;
        for (condition, pods, outcome, words) in [
            (("Complete", ""), vec![], Outcome::Applied, "left no result"),
            (("Failed", "DeadlineExceeded"), vec![], Outcome::Failed, "spec.migration.deadline"),
            (
                ("Failed", "DeadlineExceeded"),
                vec![stopped],
                Outcome::Failed,
                "spec.migration.deadline: stopped: no statement stands",
            ),
            (("Failed", "PodFailurePolicy"), vec![killed], Outcome::Failed, "137 (OOMKilled)"),
            (
                ("Failed", "PodFailurePolicy"),
                vec![backup(
                    2,
                    r#"{"outcome":"notBegun","message":"nothing was touched: there is no backup: pg_dump failed"}"#,
                )],
                Outcome::Failed,
                "nothing was changed: pg_dump failed",
            ),
            (
                ("Failed", "PodFailurePolicy"),
                vec![backup(4, transient)],
                Outcome::Transient,
                "nothing was changed: no lock",
            ),
            (
                ("Failed", "PodFailurePolicy"),
                vec![backup(3, r#"{"outcome":"outdated"}"#)],
                Outcome::Outdated,
                "nothing was touched",
            ),
            (
                ("Failed", "PodFailurePolicy"),
                vec![backup(137, "")],
                Outcome::Failed,
                "nothing was changed: exit code 137 (Error)",
            ),
            (
                ("Failed", "BackoffLimitExceeded"),
                vec![pod(&json!({"phase": "Failed", "reason": "NodeLost"}))],
                Outcome::Failed,
                "before it began (NodeLost)",
            ),
            (
                ("Failed", "BackoffLimitExceeded"),
                vec![],
                Outcome::Failed,
                "(BackoffLimitExceeded), and its pod is gone",
            ),
        ] {
            let ended = over(&job(Some(condition)), &pods);
            assert_eq!(ended.outcome, outcome);
            assert!(ended.message.contains(words), "{}", ended.message);
        }
    }

    #[test]
    fn a_job_runs_as_soon_as_a_container_of_its_pod_does() {
        let with = |state: &Value| {
            let pod = pod(&json!({"containerStatuses": [container(APPLY, state)]}));
            read(&job(None), &[pod], now()).unwrap().state
        };
        let told = with(&json!({"waiting": {"reason": "ErrImagePull"}}));
        assert!(matches!(&told, JobState::Pending(Some(_))), "{told:?}");
        assert_eq!(with(&json!({"running": {}})), JobState::Running);
        assert_eq!(read(&job(None), &[], now()).unwrap().state, JobState::Pending(None));
    }
}
