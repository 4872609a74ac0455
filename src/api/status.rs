//! The status of a `SchemaAudit`.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::migration_status::MigrationStatus;

/// How many findings the status holds; the whole list is in the report.
pub const MAX_FINDINGS: usize = 100;
/// How many problems of documents the status holds.
pub const MAX_PROBLEMS: usize = 20;

/// What the operator saw at its last look, and what it makes of it.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SchemaAuditStatus {
    /// The generation of the SchemaAudit that this status is about; -1 before the first look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// Ready sums up; Connected tells whether the last audit reached and read the database; Compliant tells whether
    /// the database carries all that is required. Reconciling and Stalled are there only while they are true: an audit
    /// is being tried again or a migration runs, or a person must act. With spec.migration,
    /// Migrated tells what became of the last plan.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,

    /// When the database was last read with success. It is written when something else in the status changes, and
    /// otherwise once an hour; the metric `schemaaudit_last_success_timestamp_seconds` is exact.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_audit_time: Option<Time>,

    /// The value of the annotation schemaaudit.dev/requestedAt that was handled last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_reconcile_at: Option<String>,

    /// The value of the annotation schemaaudit.dev/acceptDrift that was handled last: what the database held then is the
    /// baseline now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub last_handled_accept_drift: Option<String>,

    /// The server that answered last.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<ServerStatus>,

    /// How many components are in which state. The counts are exact, however long the list of findings is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub summary: Option<Counts>,

    /// The same counts for each kind of component that is required.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".into()]))]
    pub kinds: Vec<KindStatus>,

    /// The same counts for each wanted feature. A component that several features need counts in each of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub features: Vec<FeatureStatus>,

    /// The components that are missing, different, drifted or unknown, worst first: at most 100 of them. The report has all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 100))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub findings: Vec<FindingStatus>,

    /// Whether there are more findings than the list above holds.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub findings_truncated: bool,

    /// How much of what the feature sets declare was compared.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub coverage: Option<CoverageStatus>,

    /// What is wrong with, or not understood in, the feature sets: at most 20 problems, errors first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub problems: Vec<ProblemStatus>,

    /// Where the whole report of the last successful look is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<ReportReference>,

    /// Where the accepted state is, with compare: Drift, once something was accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub baseline: Option<BaselineReference>,

    /// Where the migration stands, with spec.migration.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<MigrationStatus>,
}

/// A PostgreSQL server.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ServerStatus {
    /// The version, as the server prints it.
    pub version: String,

    /// Whether the server is a standby.
    #[serde(default)]
    pub in_recovery: bool,

    /// The identifier of the database cluster, where the role may read it. It changes when the server is another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_identifier: Option<String>,
}

/// How many components are in which state. What nobody saw has no count: a 0 would say that somebody looked.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Counts {
    /// How many are required in all.
    pub required: i64,

    /// How many are there, as declared. Like the counts of those that are missing, different or drifted, it is there
    /// only if the last audit read the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub present: Option<i64>,

    /// How many are not there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<i64>,

    /// How many are there with another shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub different: Option<i64>,

    /// How many still have their shape, but changed since they were last accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drifted: Option<i64>,

    /// How many could not be seen or decided: the server did not answer, the role may not look, a lock was in the way.
    pub unknown: i64,
}

/// The counts of one kind of component.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct KindStatus {
    /// The kind, such as Table, Column or `MaterializedView`.
    pub kind: String,

    /// The counts.
    #[serde(flatten)]
    pub counts: Counts,
}

/// The counts of one feature.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureStatus {
    /// The name of the feature set.
    pub set: String,

    /// The name of the feature.
    pub name: String,

    /// Complete: all of it is there. Partial: some of it is missing, different or drifted. Absent: none of it is there.
    /// Unknown: nothing is known to be missing, different or drifted, but something could not be seen or decided.
    pub state: FeatureState,

    /// How many components the feature requires.
    pub required: i64,

    /// How many of them are not there. Like the counts of those that are different or drifted, it is there only if the
    /// last audit read the database.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub missing: Option<i64>,

    /// How many of them are there with another shape.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub different: Option<i64>,

    /// How many of them still have their shape, but changed since they were last accepted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub drifted: Option<i64>,

    /// How many of them could not be seen or decided.
    pub unknown: i64,
}

/// The state of a feature as a whole.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; comments here would change the schema")]
pub enum FeatureState {
    Complete,
    Partial,
    Absent,
    #[default]
    Unknown,
}

/// A component that is not as it must be.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FindingStatus {
    /// The component, as kind and name: table/public.users, column/public.users.email, function/public.total(bigint).
    pub component: String,

    /// The feature that needs it; the first one where several do.
    pub feature: String,

    /// Missing: it is not there. Different: it is there with another shape. Drifted: it changed since it was last
    /// accepted. Unknown: it could not be seen or decided, and the reason says why.
    pub state: FindingState,

    /// Why, in a sentence: always for Unknown, and where something explains the absence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,

    /// What is declared, for Different: the parts that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,

    /// What the database holds, for Different: the parts that differ.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub actual: Option<String>,

    /// The statement that declares it, as source and line: sales-flow-sql/core.sql:12.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
}

/// The verdict on one component.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; comments here would change the schema")]
pub enum FindingState {
    Missing,
    Different,
    Drifted,
    #[default]
    Unknown,
}

/// How much of what the feature sets declare was compared.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CoverageStatus {
    /// How many components are there and were compared in all their declared parts.
    pub compared: i64,

    /// How many components are there and have a part that was not compared.
    pub not_compared: i64,

    /// How many statements this version does not model: what they make is not audited.
    pub not_modelled: i64,

    /// How many definitions (expressions of defaults, checks, indexes, policies and triggers; bodies of views) were
    /// compared, by asking the server whether they mean what is declared.
    #[serde(default)]
    pub definitions_compared: i64,

    /// How many definitions were not compared. The report says why.
    #[serde(default)]
    pub definitions_not_compared: i64,
}

/// What is wrong with, or not understood in, a feature set.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ProblemStatus {
    /// Error: a part of the document could not be read, so that the audit cannot be compliant. `NotModelled`: a
    /// statement that this version does not model, so that what it makes is not audited.
    #[serde(default)]
    pub severity: ProblemSeverity,

    /// The feature set, in the status of a SchemaAudit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,

    /// The feature, where the problem belongs to one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub feature: Option<String>,

    /// The piece of SQL: a ConfigMap and its key (sales-flow-sql/core.sql), or the place of inline SQL
    /// (`features.core.sql[0]`).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,

    /// The line in that piece of SQL, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<i64>,

    /// What is wrong and what to do.
    pub message: String,
}

/// How much a problem costs.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; comments here would change the schema")]
pub enum ProblemSeverity {
    #[default]
    Error,
    NotModelled,
}

/// Where the whole report is.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ReportReference {
    /// The name of the ConfigMap that holds the report, in the same namespace. It is deleted with the SchemaAudit.
    pub config_map: String,

    /// How many ConfigMaps hold the report, where one is too small: the others have the same name with -2, -3 and so
    /// on behind it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parts: Option<i64>,
}

/// Where the accepted state is, which drift is compared with.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BaselineReference {
    /// The name of the ConfigMap that holds it, in the same namespace. It is deleted with the SchemaAudit. If it is
    /// deleted earlier, the next compliant audit makes it again.
    pub config_map: String,

    /// How many components it holds; none where the ConfigMap is gone or cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<i64>,
}
