//! What a `SchemaAudit` says about migrations: who decides that a plan runs, when, with which credentials and how.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::{LocalObjectReference, ResourceRequirements, Toleration};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Duration;
use super::secret_reference::{OBJECT_NAME, SecretReference};

/// How what is missing is created: a plan is worked out of the feature sets' own SQL, and a Job applies it where that is
/// allowed.
#[derive(KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Migration {
    /// Who decides that a plan runs. Never, the default: plans are only shown, in status.migration.plan and the ConfigMap
    /// that it names. Manual: a plan runs when approval names its digest. Automatic: a plan without hazards runs by
    /// itself, and any other waits for an approval. No plan runs that has blockers, or with an operator that was not
    /// started with --allow-migrations.
    #[serde(default)]
    pub mode: MigrationMode,

    /// The plan that may run, and who says so. It holds for that one plan, and for one attempt: when the plan was applied,
    /// or failed in a way that does not pass by itself, it is used up. The approval of another plan is void. Setting it
    /// needs the verb approve on schemaaudits.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub approval: Option<Approval>,

    /// The Secret with the connection of the role that may change the database, in the namespace of the SchemaAudit. Only
    /// the Job reads it. Without it, the Job takes the one of database.secretRef. It must be able to see what the role
    /// of the audit sees, and to create what is missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretReference>,

    /// How long a statement of a plan may wait for a lock, as a duration from 100ms to 10m. The default is 5s. What waits
    /// longer is rolled back and tried again a few times. The digest of the plan covers it.
    #[serde(default = "default_lock_timeout")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('100ms') && duration(self) <= duration('10m')")
        .message("lockTimeout must be from 100ms to 10m"))]
    pub lock_timeout: Duration,

    /// How long a statement of a plan may run, as a duration from 1s to 24h. The default is 10m. The digest of the plan
    /// covers it.
    #[serde(default = "default_statement_timeout")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1s') && duration(self) <= duration('24h')")
        .message("statementTimeout must be from 1s to 24h"))]
    pub statement_timeout: Duration,

    /// When plans may begin to run. Without it, at any time. A migration that runs when the window closes goes on.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<Window>,

    /// What is saved before a plan runs. Without it, nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup: Option<Backup>,

    /// How long the Job may take in all, backup included, as a duration from 1m to 24h. The default is 1h. What it has
    /// not committed by then is rolled back.
    #[serde(default = "default_deadline")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1m') && duration(self) <= duration('24h')")
        .message("deadline must be from 1m to 24h"))]
    pub deadline: Duration,

    /// The service account of the Job's pod. Without it, the default one of the namespace. No token of it is mounted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub service_account_name: Option<String>,

    /// What the cluster needs to know of the Job's pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pod: Option<PodSettings>,
}

fn default_lock_timeout() -> Duration {
    Duration::from_secs(5)
}

fn default_statement_timeout() -> Duration {
    Duration::from_secs(600)
}

fn default_deadline() -> Duration {
    Duration::from_secs(3600)
}

/// Who decides that a plan runs.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; see FeatureSetKind")]
pub enum MigrationMode {
    #[default]
    Never,
    Manual,
    Automatic,
}

/// The plan that may run.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Approval {
    /// The digest of the plan, from status.migration.plan.digest. It covers the statements and their settings, the
    /// database, the Secrets, the window and the backup.
    #[schemars(length(max = 71), regex(pattern = r"^sha256:[0-9a-f]{64}$"))]
    pub plan: String,

    /// Who approves. The API server demands the caller's own name, unless the caller has the verb approve-for.
    #[schemars(length(min = 1, max = 253))]
    pub by: String,

    /// When, if that is said. To approve once more what was used up, give it another time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<Time>,
}

/// When plans may begin to run.
#[derive(KubeSchema, Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Window {
    /// When the window opens, in the five fields of crontab: minute, hour, day of the month, month, day of the week. For
    /// example 0 2 * * 6 for two o'clock on Saturdays.
    #[schemars(length(min = 9, max = 128), regex(pattern = r"^[0-9A-Za-z*/,-]+( +[0-9A-Za-z*/,-]+){4}$"))]
    pub schedule: String,

    /// How long it stays open, as a duration from 1m to 168h.
    #[x_kube(validation = Rule::new("duration(self) >= duration('1m') && duration(self) <= duration('168h')")
        .message("window.duration must be from 1m to 168h"))]
    pub duration: Duration,

    /// Whose clock the schedule is read on: a name of the time zone database, such as Europe/Berlin. The default is UTC.
    #[serde(default = "utc")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+)*$"))]
    pub time_zone: String,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What is saved before a plan runs.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("self.mode != 'PgDump' || has(self.persistentVolumeClaim)")
    .message("a backup with pg_dump needs a persistentVolumeClaim to write to"))]
#[serde(rename_all = "camelCase")]
pub struct Backup {
    /// None: nothing is saved. `PgDump`, the default: `pg_dump` writes the schemas that the plan touches to the claim (the
    /// whole database where the plan may reach further), and `pg_restore` must be able to list it, before the first
    /// statement runs. If either fails, nothing is changed.
    #[serde(default)]
    pub mode: BackupMode,

    /// The claim that the backup is written to, in the namespace of the SchemaAudit. Nothing in it is ever deleted.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub persistent_volume_claim: Option<String>,
}

/// How a backup is made.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; see FeatureSetKind")]
pub enum BackupMode {
    None,
    #[default]
    PgDump,
}

/// What the API server takes for keys of labels (apimachinery, `IsQualifiedName`): a name of at most 63 characters, and
/// before a slash, if there is one, a DNS subdomain of at most 253.
const LABEL_KEYS: &str = "self.all(key, key.matches('^([^/]{1,253}/)?[^/]{1,63}$') && \
    key.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$'))";

/// The same for keys of annotations, whose prefix may have capital letters.
const ANNOTATION_KEYS: &str = "self.all(key, key.matches('^([^/]{1,253}/)?[^/]{1,63}$') && \
    key.matches('^([A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?([.][A-Za-z0-9]([-A-Za-z0-9]*[A-Za-z0-9])?)*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$'))";

/// What the API server takes for the value of a label.
fn label_value() -> serde_json::Value {
    serde_json::json!({"type": "string", "maxLength": 63, "pattern": "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$"})
}

/// What the cluster needs to know of the Job's pod. Its image, command and security settings are the operator's.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PodSettings {
    /// Labels of the pod, beside those of the operator, which win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64, "additionalProperties" = label_value()))]
    #[x_kube(validation = Rule::new(LABEL_KEYS).message("keys must be those of labels, as in example.com/team"))]
    pub labels: BTreeMap<String, String>,

    /// Annotations of the pod, beside those of the operator, which win.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64, "additionalProperties" = {"type": "string", "maxLength": 3072}))]
    #[x_kube(validation = Rule::new(ANNOTATION_KEYS)
        .message("keys must be those of annotations, as in example.com/team"))]
    pub annotations: BTreeMap<String, String>,

    /// The labels of the nodes that it may run on.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 64, "additionalProperties" = label_value()))]
    #[x_kube(validation = Rule::new(LABEL_KEYS).message("keys must be those of labels, as in example.com/team"))]
    pub node_selector: BTreeMap<String, String>,

    /// The taints that it tolerates.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub tolerations: Vec<Toleration>,

    /// What it may use. Without it: 10m of a processor and 64Mi of memory are asked for, and 256Mi are the limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resources: Option<ResourceRequirements>,

    /// The priority class of the pod.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253), regex(pattern = OBJECT_NAME))]
    pub priority_class_name: Option<String>,

    /// The Secrets that its images are pulled with.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub image_pull_secrets: Vec<LocalObjectReference>,
}
