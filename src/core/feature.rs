//! Feature documents as the engine takes them: already read, wherever they came from.

use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::core::name::Identifier;

/// A feature set: a versioned document of features.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct FeatureSet {
    /// Its name; unique among the sets of one audit.
    pub name: Arc<str>,
    /// Its version, as the author writes it.
    pub version: Option<String>,
    /// What unqualified names mean; `public` where nothing is said.
    #[serde(with = "crate::core::name::exact")]
    pub schema: Option<Identifier>,
    /// The features in the author's order.
    pub features: Vec<Feature>,
}

/// A named group of components, with the SQL that creates them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Feature {
    /// Its name; unique in the set.
    pub name: Arc<str>,
    /// A title for people.
    pub title: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// The features of the same set that it needs.
    pub depends_on: Vec<String>,
    /// The SQL that creates it, in order.
    pub sources: Vec<Source>,
    /// Names required on top of the SQL, or instead of it.
    pub requires: Requires,
}

/// A piece of SQL with the name that problems and findings call it by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Source {
    /// A file name, `ConfigMap NAME, key KEY`, or `feature NAME, sql[0]`.
    pub name: Arc<str>,
    /// The text.
    pub text: Arc<str>,
}

/// Requirements by name. Each name is written as in SQL: unqualified or `schema.name`, in double quotes where needed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Requires {
    /// Schemas.
    pub schemas: Vec<String>,
    /// Extensions, with a least version if wanted: `vector`, `vector >= 0.5.0`.
    pub extensions: Vec<String>,
    /// Types.
    pub types: Vec<String>,
    /// Sequences.
    pub sequences: Vec<String>,
    /// Tables.
    pub tables: Vec<String>,
    /// Columns: `table.column` or `schema.table.column`.
    pub columns: Vec<String>,
    /// Constraints: `table.constraint` or `schema.table.constraint`.
    pub constraints: Vec<String>,
    /// Indexes.
    pub indexes: Vec<String>,
    /// Views.
    pub views: Vec<String>,
    /// Materialized views.
    pub materialized_views: Vec<String>,
    /// Functions and procedures: `total(bigint)`, or `total` for any overload.
    pub functions: Vec<String>,
    /// Triggers: `table.trigger` or `schema.table.trigger`.
    pub triggers: Vec<String>,
    /// Policies: `table.policy` or `schema.table.policy`.
    pub policies: Vec<String>,
    /// Queries.
    pub queries: Vec<RequiredQuery>,
}

/// One read-only SELECT that must return true.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct RequiredQuery {
    /// Its name; unique in the set.
    pub name: String,
    /// The SELECT.
    pub sql: String,
}
