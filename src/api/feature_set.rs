//! `FeatureSet` and `ClusterFeatureSet`: what a database must carry, feature by feature.

#![expect(
    clippy::duplicated_attributes,
    reason = "the lint takes two print columns of one type for an attribute given twice"
)]

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::status::ProblemStatus;

/// The features of the set.
#[derive(CustomResource, KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "schemaaudit.dev",
    version = "v1alpha1",
    kind = "FeatureSet",
    plural = "featuresets",
    singular = "featureset",
    shortname = "fset",
    category = "schema-audit",
    namespaced,
    status = "FeatureSetStatus",
    derive = "PartialEq",
    doc = "A FeatureSet says what a database must carry, feature by feature: by the SQL that creates a feature, by names, or both. A SchemaAudit in the same namespace refers to it.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the whole document could be read."
    ),
    printcolumn(
        name = "Features",
        type_ = "integer",
        json_path = ".status.features",
        description = "How many features the set has."
    ),
    printcolumn(
        name = "Components",
        type_ = "integer",
        json_path = ".status.components",
        description = "How many components the features require."
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "Why the set is ready or not, in one word.",
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[cfg_attr(test, kube(cel))]
#[serde(rename_all = "camelCase")]
pub struct FeatureSetSpec {
    /// The version of the set, as its author writes it. It is for people and reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub version: Option<String>,

    /// The schema that names without a schema mean, in the SQL and in the names below. The default is public. A
    /// SchemaAudit can say another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub schema: Option<String>,

    /// The features, in the order in which they are created.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub features: Vec<Feature>,
}

/// A named group of components.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Feature {
    /// The name of the feature, unique in the set: lower-case letters, digits and hyphens.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,

    /// A title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub title: Option<String>,

    /// What the feature is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub description: Option<String>,

    /// The features of the same set that this one needs. Whoever wants this feature wants them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 128),
        inner(length(max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,

    /// The SQL that creates the feature, in the order in which it runs. What it creates is required, in the shape that
    /// it declares. The operator never runs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub sql: Vec<SqlSource>,

    /// Components required by name, where no SQL is at hand, or on top of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires: Option<Requires>,
}

/// A piece of SQL: inline, one key of a ConfigMap, or all keys of a ConfigMap.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[x_kube(validation = Rule::new("[has(self.inline), has(self.configMapKeyRef), has(self.configMapRef)].filter(given, given).size() == 1")
    .message("give exactly one of inline, configMapKeyRef and configMapRef"))]
#[serde(rename_all = "camelCase")]
pub struct SqlSource {
    /// The SQL itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 1_000_000))]
    pub inline: Option<String>,

    /// One key of a ConfigMap in the namespace of the FeatureSet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_key_ref: Option<ConfigMapKeyReference>,

    /// A ConfigMap in the namespace of the FeatureSet, all keys in the order of their names: a whole directory of
    /// migrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config_map_ref: Option<ConfigMapReference>,
}

/// One key of a ConfigMap.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapKeyReference {
    /// The name of the ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,

    /// The key whose value is SQL.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// A ConfigMap.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ConfigMapReference {
    /// The name of the ConfigMap.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// Components required by name. Each name is written as in SQL: as name or schema.name, in double quotes where SQL
/// would need them.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Requires {
    /// Schemas.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512), inner(length(min = 1, max = 512)))]
    pub schemas: Vec<String>,

    /// Extensions, with the least version where one is needed: vector, or vector >= 0.5.0.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 512), inner(length(min = 1, max = 512)))]
    pub extensions: Vec<String>,

    /// Types: enums, domains, composite types and ranges.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub types: Vec<String>,

    /// Sequences.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub sequences: Vec<String>,

    /// Tables.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub tables: Vec<String>,

    /// Columns, as table.column or schema.table.column.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16384), inner(length(min = 1, max = 512)))]
    pub columns: Vec<String>,

    /// Constraints, as table.constraint or schema.table.constraint.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub constraints: Vec<String>,

    /// Indexes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub indexes: Vec<String>,

    /// Views.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub views: Vec<String>,

    /// Materialized views.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub materialized_views: Vec<String>,

    /// Functions and procedures, with the types of their arguments: total(bigint). Without parentheses any overload
    /// will do.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 2048)))]
    pub functions: Vec<String>,

    /// Triggers, as table.trigger or schema.table.trigger.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub triggers: Vec<String>,

    /// Row-level security policies, as table.policy or schema.table.policy.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4096), inner(length(min = 1, max = 512)))]
    pub policies: Vec<String>,

    /// Queries, for what cannot be said by name: each must return true.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 128))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub queries: Vec<RequiredQuery>,
}

/// A query that must return true.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequiredQuery {
    /// The name of the query, unique in the set: lower-case letters, digits and hyphens. Reports show it as
    /// query/NAME.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,

    /// One SELECT that returns one row with one boolean. It runs in a read-only transaction with a time limit.
    #[schemars(length(min = 1, max = 16384))]
    pub sql: String,
}

/// What the operator read of the document.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct FeatureSetStatus {
    /// The generation of the document that this status is about; -1 before the first look.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,

    /// Ready tells whether the whole document could be read. Stalled is there only while it is true: a person must
    /// correct the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,

    /// How many features the set has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub features: Option<i64>,

    /// How many components the features require.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub components: Option<i64>,

    /// What is wrong with, or not understood in, the document: at most 20 problems, errors first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 20))]
    #[x_kube(merge_strategy = ListMerge::Atomic)]
    pub problems: Vec<ProblemStatus>,

    /// The digest of the document with all its SQL. It changes when the requirement may have changed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The features of the set.
#[derive(CustomResource, KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[kube(
    group = "schemaaudit.dev",
    version = "v1alpha1",
    kind = "ClusterFeatureSet",
    plural = "clusterfeaturesets",
    singular = "clusterfeatureset",
    shortname = "cfset",
    category = "schema-audit",
    status = "FeatureSetStatus",
    derive = "PartialEq",
    doc = "A ClusterFeatureSet says what a database must carry, feature by feature, for SchemaAudits in all namespaces. Its SQL is inline, since it has no namespace to read a ConfigMap from.",
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status",
        description = "Whether the whole document could be read."
    ),
    printcolumn(
        name = "Features",
        type_ = "integer",
        json_path = ".status.features",
        description = "How many features the set has."
    ),
    printcolumn(
        name = "Components",
        type_ = "integer",
        json_path = ".status.components",
        description = "How many components the features require."
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        description = "Why the set is ready or not, in one word.",
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[cfg_attr(test, kube(cel))]
#[serde(rename_all = "camelCase")]
pub struct ClusterFeatureSetSpec {
    /// The version of the set, as its author writes it. It is for people and reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 63))]
    pub version: Option<String>,

    /// The schema that names without a schema mean, in the SQL and in the names below. The default is public. A
    /// SchemaAudit can say another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 63))]
    pub schema: Option<String>,

    /// The features, in the order in which they are created.
    #[schemars(length(min = 1, max = 128))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub features: Vec<ClusterFeature>,
}

/// A named group of components.
#[derive(KubeSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ClusterFeature {
    /// The name of the feature, unique in the set: lower-case letters, digits and hyphens.
    #[schemars(length(min = 1, max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))]
    pub name: String,

    /// A title for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256))]
    pub title: Option<String>,

    /// What the feature is for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 4096))]
    pub description: Option<String>,

    /// The features of the same set that this one needs. Whoever wants this feature wants them too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(
        length(max = 128),
        inner(length(max = 63), regex(pattern = r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"))
    )]
    #[x_kube(merge_strategy = ListMerge::Set)]
    pub depends_on: Vec<String>,

    /// The SQL that creates the feature, in the order in which it runs. What it creates is required, in the shape that
    /// it declares. The operator never runs it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub sql: Vec<InlineSql>,

    /// Components required by name, where no SQL is at hand, or on top of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requires: Option<Requires>,
}

/// A piece of inline SQL.
#[derive(JsonSchema, Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineSql {
    /// The SQL itself.
    #[schemars(length(max = 1_000_000))]
    pub inline: String,
}

/// A cluster-wide set is a set whose SQL is all inline.
impl From<ClusterFeatureSetSpec> for FeatureSetSpec {
    fn from(ClusterFeatureSetSpec { version, schema, features }: ClusterFeatureSetSpec) -> Self {
        Self { version, schema, features: features.into_iter().map(Feature::from).collect() }
    }
}

impl From<ClusterFeature> for Feature {
    fn from(feature: ClusterFeature) -> Self {
        let ClusterFeature { name, title, description, depends_on, sql, requires } = feature;
        let sql = sql
            .into_iter()
            .map(|InlineSql { inline }| SqlSource { inline: Some(inline), ..SqlSource::default() });
        Self { name, title, description, depends_on, sql: sql.collect(), requires }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn refused(sql: &Value) -> Option<String> {
        let set: FeatureSet = serde_json::from_value(json!({
            "apiVersion": "schemaaudit.dev/v1alpha1", "kind": "FeatureSet", "metadata": {"name": "sales-flow"},
            "spec": {"features": [{"name": "core", "sql": [sql]}]},
        }))
        .unwrap();
        set.validate_cel().err().map(|errors| errors.to_string())
    }

    #[test]
    fn r23_a_piece_of_sql_has_exactly_one_origin() {
        let (inline, map) = ("select 1", json!({"name": "m"}));
        let key = json!({"name": "m", "key": "k"});
        for allowed in
            [json!({"inline": inline}), json!({"configMapKeyRef": key}), json!({"configMapRef": map})]
        {
            assert_eq!(refused(&allowed), None, "{allowed}");
        }
        for refused_sql in [
            json!({}),
            json!({"inline": inline, "configMapKeyRef": key}),
            json!({"inline": inline, "configMapKeyRef": key, "configMapRef": map}),
        ] {
            let message = refused(&refused_sql).unwrap_or_else(|| panic!("{refused_sql} was let through"));
            assert!(
                message.contains("give exactly one of inline, configMapKeyRef and configMapRef"),
                "{message}"
            );
        }
    }

    #[test]
    fn a_cluster_wide_set_becomes_a_set_with_inline_sql() {
        let requires = Some(Requires { tables: vec!["a".into()], ..Requires::default() });
        let feature = ClusterFeature {
            name: "core".into(),
            title: Some("Core".into()),
            description: Some("All of it".into()),
            depends_on: vec!["base".into()],
            sql: vec![InlineSql { inline: "select 1".into() }],
            requires: requires.clone(),
        };
        let set = ClusterFeatureSetSpec {
            version: Some("1".into()),
            schema: Some("shop".into()),
            features: vec![feature],
        };
        let expected = Feature {
            name: "core".into(),
            title: Some("Core".into()),
            description: Some("All of it".into()),
            depends_on: vec!["base".into()],
            sql: vec![SqlSource { inline: Some("select 1".into()), ..SqlSource::default() }],
            requires,
        };
        assert_eq!(
            FeatureSetSpec::from(set),
            FeatureSetSpec {
                version: Some("1".into()),
                schema: Some("shop".into()),
                features: vec![expected]
            }
        );
    }
}
