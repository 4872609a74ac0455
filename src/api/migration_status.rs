//! What the status of a `SchemaAudit` says about migrations.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::migration::Approval;

/// Where the migration of a database stands.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct MigrationStatus {
    /// Idle: there is nothing to run. Planned: there is a plan, which is only shown. `SwitchedOff`: there is a plan, and
    /// the operator was not started with --allow-migrations. Blocked: something must be put right before the plan can
    /// run. `AwaitingApproval`: a person must allow the plan. `ApprovalVoid`: the same, and the approval that is there is of
    /// another plan, or used up. `AwaitingWindow`, Retrying: it runs later. Running: a Job runs. Verifying: the Job ended,
    /// and the audit after it is still to come. Succeeded: the audit after it found nothing left to run. Failed: the
    /// last migration did not do what it should; it is not tried again until the plan changes, or is approved anew; with
    /// mode Automatic, until the spec changes.
    #[serde(default)]
    pub phase: MigrationPhase,

    /// Why, in a sentence.
    #[serde(default)]
    pub message: String,

    /// The plan of the last audit, if there is something to run or something that no statement can make.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plan: Option<PlanStatus>,

    /// The Job that runs, or that ended and is not verified yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobStatus>,

    /// The last plan that was applied, as the audit after it confirmed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_applied: Option<AppliedStatus>,

    /// What failed in the last migration, while the phase is Failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureStatus>,

    /// The approval that was used up: its plan was applied, or failed in a way that does not pass by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used_up: Option<Approval>,

    /// The last five migrations, the latest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub history: Vec<JobStatus>,
}

/// Where a migration stands.
#[derive(
    JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[expect(missing_docs, reason = "the field explains the variants; comments here would change the schema")]
pub enum MigrationPhase {
    #[default]
    Idle,
    Planned,
    SwitchedOff,
    Blocked,
    AwaitingApproval,
    ApprovalVoid,
    AwaitingWindow,
    Retrying,
    Running,
    Verifying,
    Succeeded,
    Failed,
}

impl MigrationPhase {
    /// Every phase, in the order in which a migration may come to them.
    pub const ALL: &'static [Self] = &[
        Self::Idle,
        Self::Planned,
        Self::SwitchedOff,
        Self::Blocked,
        Self::AwaitingApproval,
        Self::ApprovalVoid,
        Self::AwaitingWindow,
        Self::Retrying,
        Self::Running,
        Self::Verifying,
        Self::Succeeded,
        Self::Failed,
    ];

    /// The name: `AwaitingApproval`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "Idle",
            Self::Planned => "Planned",
            Self::SwitchedOff => "SwitchedOff",
            Self::Blocked => "Blocked",
            Self::AwaitingApproval => "AwaitingApproval",
            Self::ApprovalVoid => "ApprovalVoid",
            Self::AwaitingWindow => "AwaitingWindow",
            Self::Retrying => "Retrying",
            Self::Running => "Running",
            Self::Verifying => "Verifying",
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
        }
    }
}

/// A plan.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PlanStatus {
    /// What an approval names. It covers the statements, their order and their settings, the database, the Secrets that
    /// lead to it, the window and the backup: the ConfigMap says them in its first lines.
    pub digest: String,

    /// How many statements would run.
    pub statements: i64,

    /// How many hazards they have: locks on large tables, rewrites, and the like.
    pub hazards: i64,

    /// How many things keep the plan from being run.
    pub blockers: i64,

    /// How many components no statement of the feature sets can make: a person must.
    pub unplannable: i64,

    /// The first hazards and blockers, in sentences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 5))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub summary: Vec<String>,

    /// The name of the ConfigMap that holds the plan as SQL, in the same namespace. It is deleted with the SchemaAudit.
    pub config_map: String,

    /// The digest of its text, sha256: and what sha256sum says of the values of plan.sql, joined. The text of a ConfigMap
    /// that somebody changed has another one, until the next audit puts the plan back.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text_digest: Option<String>,

    /// How many ConfigMaps hold it, where one is too small: the others have the same name with -2, -3 and so on behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<i64>,
}

/// A migration that was launched.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct JobStatus {
    /// The name of the Job.
    pub name: String,

    /// Its number among the migrations of this SchemaAudit.
    pub number: i64,

    /// The digest of the plan.
    pub plan: String,

    /// The digest of the feature sets that the plan was made of.
    pub documents: String,

    /// The generation of the SchemaAudit when it was launched.
    pub generation: i64,

    /// Who approved it; absent where no approval was needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,

    /// When, where the approval said so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<Time>,

    /// The Secret that led to the database that the plan was made for, with its keys where the spec names some.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audited_with: Option<String>,

    /// When it was launched.
    pub started_at: Time,

    /// When the Job ended.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Time>,

    /// How the Job ended: Applied, Outdated (the plan was another one by then, and nothing was touched), Failed, Blocked,
    /// Unverified, Transient (it could not begin, for a reason that may pass) or Lost (the Job was deleted).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,

    /// What the audit after it says: Succeeded, Failed or Transient.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verdict: Option<String>,

    /// Why, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,

    /// How the Job ended, in its own words.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job_message: Option<String>,

    /// How many statements ran, of how many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statements: Option<StatementsStatus>,

    /// The statement that failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure: Option<FailureStatus>,

    /// How to bring back what was saved before, where a backup was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
}

/// How many statements ran.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StatementsStatus {
    /// How many ran.
    pub run: i64,

    /// Of how many.
    pub of: i64,
}

/// A plan that was applied.
#[derive(JsonSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AppliedStatus {
    /// The digest of the plan.
    pub plan: String,

    /// When its Job ended.
    pub at: Time,

    /// How to bring back what was saved before, where a backup was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub restore: Option<String>,
}

/// The statement that failed.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FailureStatus {
    /// Its number in the plan, from 1; absent where it was no statement of the plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub statement: Option<i64>,

    /// Source and line, as in sales-flow-sql/core.sql:12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub position: Option<String>,

    /// The code of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sqlstate: Option<String>,

    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,

    /// What the server hints at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hint: Option<String>,
}
