//! `SchemaAudit`: one database, the feature sets it must carry, how often and how strictly to look.

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Duration;
use super::migration::Migration;
use super::secret_reference::{CaSecretReference, SecretReference};
use super::status::SchemaAuditStatus;

/// Which database is audited, against which feature sets, how often, and what follows from the findings.
#[derive(CustomResource, KubeSchema, Debug, Clone, PartialEq, Serialize, Deserialize)]
#[kube(
    group = "schemaaudit.dev",
    version = "v1alpha1",
    kind = "SchemaAudit",
    plural = "schemaaudits",
    singular = "schemaaudit",
    shortname = "saudit",
    category = "schema-audit",
    namespaced,
    status = "SchemaAuditStatus",
    derive = "PartialEq",
    doc = "A SchemaAudit names a PostgreSQL database and the feature sets that it must carry. The operator looks at the database again and again, and says in the status exactly what is missing or different. It only reads; with spec.migration, a Job may create what is missing.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the last audit succeeded and, unless findings are only reported, found everything in place."
    ),
    printcolumn(
        name = "Missing",
        type_ = "integer",
        json_path = ".status.summary.missing",
        description = "How many required components are not in the database; empty if the last audit could not read it."
    ),
    printcolumn(
        name = "Required",
        type_ = "integer",
        json_path = ".status.summary.required",
        description = "How many components the feature sets require."
    ),
    printcolumn(
        name = "Last Audit",
        type_ = "date",
        json_path = ".status.lastAuditTime",
        description = "How long ago the database was last read."
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "Why the audit is ready or not, in one word."
    ),
    printcolumn(
        name = "Suspended",
        type_ = "boolean",
        json_path = ".spec.suspend",
        description = "Whether audits are suspended.",
        priority = 1
    ),
    printcolumn(
        name = "Migration",
        type_ = "string",
        json_path = ".status.migration.phase",
        description = "Where the migration stands, in one word.",
        priority = 1
    ),
    printcolumn(
        name = "Plan",
        type_ = "string",
        json_path = ".status.migration.plan.digest",
        description = "The digest of the plan, which an approval names.",
        priority = 1
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        description = "Why the audit is ready or not, in a sentence.",
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
    validation = Rule::new("size(self.metadata.name) <= 52")
        .message("metadata.name must be no more than 52 characters, because names of owned objects are made from it")
)]
#[cfg_attr(test, kube(cel))]
#[serde(rename_all = "camelCase")]
pub struct SchemaAuditSpec {
    /// The database to audit: the Secret that holds the connection, and the schema that is meant.
    pub database: Database,

    /// The feature sets that the database must carry, from 1 to 16 of them. Each set can be named once.
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["kind".into(), "name".into()]))]
    pub feature_sets: Vec<FeatureSetReference>,

    /// How long to wait from one audit to the next, as a duration such as 30s, 10m or 1h. The default is 10m, the
    /// least is 1s. A changed SchemaAudit or feature set is audited at once, and so is an annotation
    /// schemaaudit.dev/requestedAt with a new value.
    #[serde(default = "default_interval")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1s') && duration(self) <= duration('8760h')")
        .message("interval must be from 1s to 8760h"))]
    pub interval: Duration,

    /// How long one audit may take in all, from the connection to the last answer, as a duration from 1s to 10m. The
    /// default is 30s. What could not be seen by then is reported as unknown, never as missing.
    #[serde(default = "default_timeout")]
    #[x_kube(validation = Rule::new("duration(self) >= duration('1s') && duration(self) <= duration('10m')")
        .message("timeout must be from 1s to 10m"))]
    pub timeout: Duration,

    /// Whether audits are suspended. While it is true the database is not contacted and the last findings stay in the
    /// status. The default is false.
    #[serde(default)]
    pub suspend: bool,

    /// What follows from findings. Enforce, the default: the condition Ready is False while a component is missing,
    /// different, drifted or unknown. Report: findings are counted and listed, and the condition Compliant tells of them, but
    /// Ready stays True as long as the audit itself succeeds.
    #[serde(default)]
    pub enforcement: Enforcement,

    /// How deep to compare. Shape, the default: columns, types, keys, function bodies and the other declared parts of
    /// each component must be as the feature set declares them. Presence: it is enough that each component is there.
    /// Drift: as Shape, and what the database itself says of each component must be as it was when it was last accepted.
    /// The first compliant audit accepts; later only the annotation schemaaudit.dev/acceptDrift with a new value does.
    /// What was accepted is in the ConfigMap that status.baseline names.
    #[serde(default)]
    pub compare: Compare,

    /// Whether owners are compared: with true, the object of each ALTER ... OWNER TO and CREATE SCHEMA ... AUTHORIZATION
    /// in the feature sets must belong to the role that is named there. The default is false, because the same schema
    /// is most often owned by another role in each database.
    #[serde(default)]
    pub compare_owners: bool,

    /// How what is missing is created. Without it nothing is planned and nothing is changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub migration: Option<Migration>,
}

fn default_interval() -> Duration {
    Duration::from_secs(600)
}

fn default_timeout() -> Duration {
    Duration::from_secs(30)
}

/// The database to audit.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Database {
    /// The Secret with the connection, in the namespace of the SchemaAudit. It is read anew at each audit, so that a
    /// changed password needs no restart. Host, user, password and TLS mode come from this Secret alone.
    pub secret_ref: SecretReference,

    /// The Secret with the certificate authority that the server's certificate must come from. Without it, the
    /// authorities that the operator's own image trusts are trusted.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca_secret_ref: Option<CaSecretReference>,

    /// The schema that names without a schema mean, in the feature sets and in their SQL. The default is what each
    /// feature set says for itself, and public where it says nothing. Set it to audit one schema per tenant against
    /// the same feature set.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub schema: Option<String>,
}

/// A feature set that the database must carry.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureSetReference {
    /// Where the feature set is. FeatureSet, the default: in the namespace of the SchemaAudit. ClusterFeatureSet: one
    /// that is shared by all namespaces.
    #[serde(default)]
    pub kind: FeatureSetKind,

    /// The name of the FeatureSet or ClusterFeatureSet.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,

    /// The features that are wanted; those that they depend on are added. Without it, all features of the set are
    /// wanted. A name that the set does not have makes the audit not Ready, with the reason `InvalidFeatureSet`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 128),
        inner(length(max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub features: Vec<String>,
}

/// Where a feature set is.
#[derive(
    JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
pub enum FeatureSetKind {
    // No doc comments on the variants of enums: schemars would make a `oneOf` of them. The field explains them.
    #[expect(missing_docs, reason = "the field explains the variants")]
    #[default]
    FeatureSet,
    #[expect(missing_docs, reason = "the field explains the variants")]
    ClusterFeatureSet,
}

/// What follows from findings.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; see FeatureSetKind")]
pub enum Enforcement {
    #[default]
    Enforce,
    Report,
}

/// How deep to compare.
#[derive(JsonSchema, Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the field explains the variants; see FeatureSetKind")]
pub enum Compare {
    Presence,
    #[default]
    Shape,
    Drift,
}

impl SchemaAudit {
    /// The value of the annotation that asks for an audit at once, in either spelling.
    #[must_use]
    pub fn requested_at(&self) -> Option<&str> {
        let annotations = self.metadata.annotations.as_ref()?;
        [super::REQUESTED_AT, super::FLUX_REQUESTED_AT]
            .into_iter()
            .find_map(|name| annotations.get(name))
            .map(String::as_str)
    }

    /// The value of the annotation that accepts what drifted, where drift is watched.
    #[must_use]
    pub fn accept_drift(&self) -> Option<&str> {
        let annotations = self.metadata.annotations.as_ref()?;
        let asked = annotations.get(super::ACCEPT_DRIFT).map(String::as_str);
        asked.filter(|_| self.spec.compare == Compare::Drift)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn audit(name: &str, spec: &Value) -> SchemaAudit {
        serde_json::from_value(json!({
            "apiVersion": "schemaaudit.dev/v1alpha1", "kind": "SchemaAudit", "metadata": {"name": name}, "spec": spec,
        }))
        .unwrap()
    }

    /// A spec with these fields on top of what is needed.
    fn spec(extra: &Value) -> Value {
        let mut spec = json!({
            "database": {"secretRef": {"name": "shop-db-app"}}, "featureSets": [{"name": "sales-flow"}],
        });
        spec.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        spec
    }

    #[test]
    fn what_is_not_said_has_the_documented_defaults() {
        let spec = audit("shop", &spec(&json!({}))).spec;
        assert_eq!(spec.interval.to_string(), "10m");
        assert_eq!(spec.timeout.to_string(), "30s");
        assert_eq!(
            (spec.suspend, spec.enforcement, spec.compare),
            (false, Enforcement::Enforce, Compare::Shape)
        );
        assert_eq!(spec.feature_sets[0].kind, FeatureSetKind::FeatureSet);
    }

    #[test]
    fn r22_rules_refuse_what_they_must_with_a_message() {
        let long = "n".repeat(53);
        let secret = |reference: Value| json!({"database": {"secretRef": reference}});
        let migration = |migration: Value| json!({"migration": migration});
        for (name, extra, message) in [
            ("shop", json!({}), None),
            (&long[..52], json!({"interval": "1s", "timeout": "10m"}), None),
            ("shop", secret(json!({"name": "s", "key": "uri"})), None),
            ("shop", secret(json!({"name": "s", "keys": {"host": "h"}})), None),
            (&long, json!({}), Some("no more than 52 characters")),
            ("shop", json!({"interval": "999ms"}), Some("interval must be from 1s to 8760h")),
            ("shop", json!({"interval": "8761h"}), Some("interval must be from 1s to 8760h")),
            ("shop", json!({"timeout": "10m1s"}), Some("timeout must be from 1s to 10m")),
            ("shop", json!({"timeout": "0s"}), Some("timeout must be from 1s to 10m")),
            ("shop", secret(json!({"name": "s", "key": "uri", "keys": {"host": "h"}})), Some("not both")),
            ("shop", migration(json!({})), None),
            ("shop", migration(json!({"backup": {"persistentVolumeClaim": "backups"}})), None),
            ("shop", migration(json!({"backup": {"mode": "None"}})), None),
            ("shop", migration(json!({"backup": {}})), Some("needs a persistentVolumeClaim")),
            ("shop", migration(json!({"deadline": "59s"})), Some("deadline must be from 1m to 24h")),
            ("shop", migration(json!({"lockTimeout": "11m"})), Some("lockTimeout must be from 100ms to 10m")),
            (
                "shop",
                migration(json!({"statementTimeout": "0s"})),
                Some("statementTimeout must be from 1s to 24h"),
            ),
            (
                "shop",
                migration(json!({"window": {"schedule": "0 2 * * *", "duration": "0s"}})),
                Some("window.duration"),
            ),
        ] {
            let refused = audit(name, &spec(&extra)).validate_cel().err().map(|errors| errors.to_string());
            match message {
                None => assert_eq!(refused, None, "{extra}"),
                Some(message) => {
                    let refused = refused.unwrap_or_else(|| panic!("{extra} was let through"));
                    assert!(refused.contains(message), "{refused}");
                }
            }
        }
    }

    #[test]
    fn r29_both_spellings_of_the_request_are_read_and_ours_wins() {
        let mut audit = audit("shop", &spec(&json!({})));
        assert_eq!(audit.requested_at(), None);
        let mut annotate = |name: &str, value: &str| {
            audit.metadata.annotations.get_or_insert_default().insert(name.into(), value.into());
            audit.requested_at().map(str::to_owned)
        };
        assert_eq!(annotate("reconcile.fluxcd.io/requestedAt", "flux").as_deref(), Some("flux"));
        assert_eq!(annotate("schemaaudit.dev/requestedAt", "ours").as_deref(), Some("ours"));
    }

    #[test]
    fn drift_is_accepted_only_where_it_is_watched() {
        for (compare, expected) in [("Shape", None), ("Drift", Some("one"))] {
            let mut audit = audit("shop", &spec(&json!({"compare": compare})));
            assert_eq!(audit.accept_drift(), None);
            let annotations = audit.metadata.annotations.get_or_insert_default();
            annotations.insert("schemaaudit.dev/acceptDrift".into(), "one".into());
            assert_eq!(audit.accept_drift(), expected);
        }
    }
}
