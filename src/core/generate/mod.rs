//! Features from a live database: the printer of what a catalog holds as SQL, the inverse of reading SQL.
//!
//! Rows of the catalog go in, one query after the other; a feature set comes out, whose SQL makes the same objects in
//! an empty database. The texts of expressions, bodies, indexes and functions are the server's own
//! (`pg_get_constraintdef` and its like); what is printed here is the frame around them. Rows of tables are never read.

mod choose;
mod collect;
mod feature;
mod object;
mod order;
mod print;
mod row;
mod select;

pub use collect::{Collected, Collector, RowError};
pub use feature::{FeaturePer, label};
pub use object::{Class, Node};
pub use select::{Glob, Selection};

use crate::core::feature::FeatureSet;
use crate::core::sql::place::{as_json, fill};
use crate::core::sql::quoting;

/// What to generate.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name of the feature set.
    pub name: String,
    /// Which objects.
    pub selection: Selection,
    /// How they are grouped.
    pub feature_per: FeaturePer,
    /// Whether the roles that they name are made too.
    pub roles: bool,
    /// Whether it is said who owns them.
    pub owners: bool,
}

/// A feature set made of a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Generated {
    /// The feature set, with its SQL.
    pub set: FeatureSet,
    /// How many objects it holds.
    pub objects: usize,
    /// What is in the database and not in the feature set: a sentence each, without a full stop.
    pub left_out: Vec<String>,
    /// What the SQL needs and does not create, because it was not selected: a sentence each.
    pub outside: Vec<String>,
}

/// One query of the catalog: where its rows go, and its text with the schemas to fill in.
type Query = (Subject, &'static str);

/// What a query is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Subject {
    Alias,
    Depend,
    Schema,
    Extension,
    Type,
    Sequence,
    Table,
    Index,
    View,
    Function,
    Trigger,
    Policy,
    Role,
    RoleUse,
    Owner,
    DefaultPrivilege,
    Grant,
    Comment,
    /// Objects of the remaining kinds, whose queries give whole statements.
    Object,
    LeftOut,
}

const QUERIES: &[Query] = &[
    (Subject::Alias, include_str!("alias.sql")),
    (Subject::Depend, include_str!("depend.sql")),
    (Subject::Schema, include_str!("schema.sql")),
    (Subject::Extension, include_str!("extension.sql")),
    (Subject::Type, include_str!("type_.sql")),
    (Subject::Sequence, include_str!("sequence.sql")),
    (Subject::Table, include_str!("table.sql")),
    (Subject::Index, include_str!("index.sql")),
    (Subject::View, include_str!("view.sql")),
    (Subject::Function, include_str!("function.sql")),
    (Subject::Trigger, include_str!("trigger.sql")),
    (Subject::Policy, include_str!("policy.sql")),
    (Subject::Role, include_str!("objects/role.sql")),
    (Subject::Object, include_str!("objects/language.sql")),
    (Subject::Object, include_str!("objects/access_method.sql")),
    (Subject::Object, include_str!("objects/collation.sql")),
    (Subject::Object, include_str!("objects/conversion.sql")),
    (Subject::Object, include_str!("objects/foreign_data_wrapper.sql")),
    (Subject::Object, include_str!("objects/server.sql")),
    (Subject::Object, include_str!("objects/user_mapping.sql")),
    (Subject::Object, include_str!("objects/aggregate.sql")),
    (Subject::Object, include_str!("objects/operator.sql")),
    (Subject::Object, include_str!("objects/operator_family.sql")),
    (Subject::Object, include_str!("objects/cast.sql")),
    (Subject::Object, include_str!("objects/text_search.sql")),
    (Subject::Object, include_str!("objects/statistics.sql")),
    (Subject::Object, include_str!("objects/rule.sql")),
    (Subject::Object, include_str!("objects/publication.sql")),
    (Subject::Object, include_str!("objects/event_trigger.sql")),
    (Subject::RoleUse, include_str!("role_use.sql")),
    (Subject::Owner, include_str!("owner.sql")),
    (Subject::DefaultPrivilege, include_str!("default_privilege.sql")),
    (Subject::Grant, include_str!("grant.sql")),
    (Subject::Comment, include_str!("comment.sql")),
    (Subject::LeftOut, include_str!("left_out.sql")),
];

/// Statements that make the server print the same text whatever the settings of the role or the database are, as
/// `pg_dump` has them. They give no rows.
pub const SETTINGS: &[&str] = &[
    "set local timezone = 'UTC'",
    "set local datestyle = 'ISO'",
    "set local intervalstyle = 'postgres'",
    "set local extra_float_digits = 1",
    "set local quote_all_identifiers = off",
    "set local xmloption = content",
];

/// Whether an option of a foreign object may be a secret, by its name or by what stands in it. What reads options leaves
/// those out that are, and says so.
const IS_SECRET: &str = "o.option_name ~* 'pass|secret|token|cred|private|authorization|(api|access)_?key' \
                         or o.option_value ~* 'passw|secret|://[^/]*:[^/]*@'";

/// What is asked in the place of what nobody wants to know.
const NOTHING: &str = "select null as nothing where false";

/// The queries in order; each gives one column of JSON, a row for each object. No schemas means all.
#[must_use]
pub fn queries(options: &Options) -> Vec<String> {
    let array = quoting::text_array(options.selection.schemas.iter().map(String::as_str));
    let array = format!("({array}::pg_catalog.text[])");
    let filled = |query: &str| fill(&query.replace(":is_secret", IS_SECRET), &[(":'schemas'", &array)]);
    let asked = QUERIES.iter().map(|(subject, query)| match subject {
        Subject::Role if !options.roles => NOTHING,
        Subject::Owner if !options.owners => NOTHING,
        _ => query,
    });
    asked.map(|query| as_json(&filled(query))).collect()
}

/// The query for what `Collected::outside` gave: kind and identity of each object, as JSON in one column.
#[must_use]
pub fn outside_query(nodes: &[Node]) -> String {
    let values: Vec<String> = nodes
        .iter()
        .map(|node| {
            let class = quoting::literal(&format!("pg_catalog.{}", node.class.name()));
            format!("({class}::pg_catalog.regclass::pg_catalog.oid, {}::pg_catalog.oid)", node.oid)
        })
        .collect();
    as_json(&format!(
        "select o.class::pg_catalog.regclass::pg_catalog.text as class, o.oid::pg_catalog.int8 as oid, \
         i.type as kind, i.identity from (values {}) as o(class, oid) \
         cross join pg_catalog.pg_identify_object(o.class, o.oid, 0) as i",
        values.join(", ")
    ))
}

#[cfg(test)]
mod tests;
