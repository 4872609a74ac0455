//! What is asked for a plan: queries that are scoped to what the plan names.

use std::collections::BTreeSet;

use pg_query::NodeEnum;

use super::super::need::{Need, Object};
use super::super::select::own_name;
use super::super::{Plan, PlannedStatement};
use super::Facts;
use crate::core::component::Shared;
use crate::core::kind::Kind;
use crate::core::kind::grant::PARAMETERS_SINCE;
use crate::core::name::{Identifier, MAX_IDENTIFIER_BYTES, QualifiedName};
use crate::core::sql::mentioned::{Mentioned, Written};
use crate::core::sql::place::{as_json, fill};
use crate::core::sql::{parse, quoting};

/// A query of a preflight. All of them but [`Query::Extensions`] can neither wait nor raise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Query {
    /// `server.sql`
    Server,
    /// `schemas.sql`
    Schemas,
    /// `relations.sql`
    Relations,
    /// `objects.sql`
    Objects,
    /// `names.sql`
    Names,
    /// `roles.sql`
    Roles,
    /// `places.sql`
    Places,
    /// `shared.sql`
    Shared,
    /// `parameters.sql`
    Parameters,
    /// `installed.sql`
    Installed,
    /// `extensions.sql`: in a transaction of its own.
    Extensions,
}

impl Query {
    /// Every query.
    pub const ALL: [Self; 11] = [
        Self::Server,
        Self::Schemas,
        Self::Relations,
        Self::Objects,
        Self::Names,
        Self::Roles,
        Self::Places,
        Self::Shared,
        Self::Parameters,
        Self::Installed,
        Self::Extensions,
    ];

    /// The first major version of PostgreSQL that understands it. Others are not asked: they have nothing of the sort.
    #[must_use]
    pub const fn since(self) -> u32 {
        match self {
            Self::Parameters => PARAMETERS_SINCE,
            _ => 12,
        }
    }

    /// Its text, with places for names.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Self::Server => include_str!("server.sql"),
            Self::Schemas => include_str!("schemas.sql"),
            Self::Relations => include_str!("relations.sql"),
            Self::Objects => include_str!("objects.sql"),
            Self::Names => include_str!("names.sql"),
            Self::Roles => include_str!("roles.sql"),
            Self::Places => include_str!("places.sql"),
            Self::Shared => include_str!("shared.sql"),
            Self::Parameters => include_str!("parameters.sql"),
            Self::Installed => include_str!("installed.sql"),
            Self::Extensions => include_str!("extensions.sql"),
        }
    }
}

/// What a plan names, and what to ask for it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The queries of one message, each with its statement: every row is one JSON text.
    pub together: Vec<(Query, String)>,
    /// What may raise, and runs apart.
    pub apart: Vec<(Query, String)>,
    /// What each statement names that the plan does not make: where it may be.
    pub(super) references: Vec<Reference>,
}

/// A name in a statement that must mean something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reference {
    /// The statement, by its place among all.
    pub statement: usize,
    /// `relation`, `type` or `function`.
    pub form: &'static str,
    /// The name as it is written.
    pub written: Written,
    /// The schemas in which it is looked for.
    pub schemas: Vec<String>,
}

impl Question {
    /// What to ask for a plan; nothing for an empty one.
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        if plan.is_empty() {
            return Self::default();
        }
        let references = parse::on_big_stack(|| references(plan));
        let mut wanted = Wanted::default();
        for statement in plan.statements() {
            statement.needs.iter().for_each(|need| wanted.need(need));
            wanted.relations.extend(statement.locks.iter().map(|lock| lock.relation.clone()));
        }
        let mut names: BTreeSet<(&str, &str, &str)> = BTreeSet::new();
        for reference in &references {
            let Some(name) = reference.written.last() else { continue };
            names.extend(
                reference.schemas.iter().map(|schema| (reference.form, schema.as_str(), name.as_str())),
            );
        }
        let mut together = vec![(Query::Server, filled(Query::Server, &[]))];
        let mut ask = |query: Query, places: &[(&str, Vec<&str>)]| {
            if places.last().is_some_and(|(_, names)| !names.is_empty()) {
                together.push((query, filled(query, places)));
            }
        };
        let bare = |names: &BTreeSet<Identifier>| -> Vec<String> {
            names.iter().map(|name| name.as_str().to_owned()).collect()
        };
        let (schemas, roles, places) = (bare(&wanted.schemas), bare(&wanted.roles), bare(&wanted.places));
        let (shared, parameters) = (bare(&wanted.shared), bare(&wanted.parameters));
        ask(Query::Schemas, &[("names", texts(&schemas))]);
        ask(Query::Relations, &qualified(&wanted.relations));
        ask(Query::Objects, &qualified(&wanted.objects));
        ask(
            Query::Names,
            &[
                ("forms", names.iter().map(|(form, ..)| *form).collect()),
                ("schemas", names.iter().map(|(_, schema, _)| *schema).collect()),
                ("names", names.iter().map(|(.., name)| *name).collect()),
            ],
        );
        ask(Query::Roles, &[("names", texts(&roles))]);
        ask(Query::Places, &[("names", texts(&places))]);
        ask(Query::Shared, &[("names", texts(&shared))]);
        ask(Query::Parameters, &[("names", texts(&parameters))]);
        let extensions = bare(&wanted.extensions);
        let mut apart = Vec::new();
        if !extensions.is_empty() {
            together.push((Query::Installed, filled(Query::Installed, &[])));
            let sql = filled(Query::Extensions, &[("names", texts(&extensions))]);
            apart.push((Query::Extensions, sql));
        }
        Self { together, apart, references }
    }
}

fn texts(names: &[String]) -> Vec<&str> {
    names.iter().map(String::as_str).collect()
}

fn qualified(names: &BTreeSet<QualifiedName>) -> [(&'static str, Vec<&str>); 2] {
    [
        ("schemas", names.iter().map(|name| name.schema.as_str()).collect()),
        ("names", names.iter().map(|name| name.name.as_str()).collect()),
    ]
}

/// Whether tables that are locked hold no row is not in the catalog: these may hold none, and a query for each says it.
#[must_use]
pub fn may_be_empty(plan: &Plan, facts: &Facts) -> Vec<(QualifiedName, String)> {
    let with_danger = |statement: &PlannedStatement| {
        let hazards = statement.hazards.iter().filter(|hazard| hazard.rule.needs_rows);
        hazards.filter_map(|hazard| hazard.relation.clone()).collect::<Vec<_>>()
    };
    let relations: BTreeSet<QualifiedName> = plan.statements().flat_map(with_danger).collect();
    let looks_empty = |name: &QualifiedName| {
        let found = facts.relations.get(name);
        found.is_some_and(|found| found.rows < 1.0 && found.pages == 0 && found.may_select)
    };
    relations
        .into_iter()
        .filter(looks_empty)
        .map(|name| {
            let sql = format!("select not exists (select from {}) as empty", quoting::qualified(&name));
            (name, sql)
        })
        .collect()
}

#[derive(Default)]
struct Wanted {
    schemas: BTreeSet<Identifier>,
    relations: BTreeSet<QualifiedName>,
    objects: BTreeSet<QualifiedName>,
    roles: BTreeSet<Identifier>,
    places: BTreeSet<Identifier>,
    shared: BTreeSet<Identifier>,
    parameters: BTreeSet<Identifier>,
    extensions: BTreeSet<Identifier>,
}

impl Wanted {
    fn need(&mut self, need: &Need) {
        match need {
            Need::Schema(name) | Need::Own(Object::Schema(name)) | Need::Grant(Object::Schema(name)) => {
                self.schemas.insert(name.clone());
            }
            Need::Own(Object::Relation(name))
            | Need::Grant(Object::Relation(name))
            | Need::Privilege(name, _)
            | Need::Disk(name) => {
                self.relations.insert(name.clone());
            }
            Need::Own(Object::Type(name) | Object::Routine(name))
            | Need::Grant(Object::Type(name) | Object::Routine(name)) => {
                self.objects.insert(name.clone());
            }
            Need::Extension { name, .. } => {
                self.extensions.insert(name.clone());
            }
            Need::Role(name) | Need::Member(name) => {
                self.roles.insert(name.clone());
            }
            Need::Tablespace(name) | Need::Language(name) => {
                self.places.insert(name.clone());
            }
            Need::GrantShared { class: Shared::Parameter, name, .. } => {
                self.parameters.insert(name.clone());
            }
            Need::GrantShared { name, .. } => {
                self.shared.insert(name.clone());
            }
            Need::Database | Need::CreateRole | Need::Superuser(_) => {}
        }
    }
}

/// A query with its places filled.
fn filled(query: Query, places: &[(&str, Vec<&str>)]) -> String {
    let values: Vec<(String, String)> = places
        .iter()
        .map(|(name, texts)| (format!(":'{name}'"), quoting::text_array(texts.iter().copied())))
        .collect();
    let values: Vec<(&str, &str)> =
        values.iter().map(|(place, value)| (place.as_str(), value.as_str())).collect();
    as_json(&fill(query.text(), &values))
}

/// The types that only the grammar knows.
const SERIALS: [&str; 6] = ["serial", "serial2", "serial4", "serial8", "smallserial", "bigserial"];

/// What statements name that the plan does not make. Nothing is asked for what comes after a statement that may make
/// anything: an extension, a call of a function.
fn references(plan: &Plan) -> Vec<Reference> {
    let made: BTreeSet<String> = plan
        .statements()
        .flat_map(|statement| statement.makes.iter().chain(&statement.passing))
        .filter_map(own_name)
        .collect();
    let makes_anything = |statement: &PlannedStatement| {
        !statement.is_known || statement.makes.iter().any(|id| id.kind == Kind::Extension)
    };
    let mut references = Vec::new();
    for (at, statement) in plan.statements().enumerate() {
        if makes_anything(statement) {
            break;
        }
        of_statement(at, statement, &made, &mut references);
    }
    references
}

/// Whether the plan makes a thing of this name, or one after which PostgreSQL names it: `users_id_seq` goes with `users`.
/// A long name may have been cut.
fn may_be_made(name: &str, made: &BTreeSet<String>) -> bool {
    let goes_with = |(at, _): (usize, &str)| name.get(..at).is_some_and(|prefix| made.contains(prefix));
    made.contains(name) || name.len() > MAX_IDENTIFIER_BYTES - 5 || name.match_indices('_').any(goes_with)
}

fn of_statement(
    at: usize,
    statement: &PlannedStatement,
    made: &BTreeSet<String>,
    references: &mut Vec<Reference>,
) {
    let Ok(tree) = parse::parse(&statement.text) else { return };
    let Some(node) = tree.stmts.first().and_then(|raw| raw.stmt.as_ref()) else { return };
    // IF EXISTS asks for nothing; definitions say functions, templates and operator classes in the form of types.
    let (missing_ok, defines) = match &node.node {
        Some(NodeEnum::AlterTableStmt(alter)) => (alter.missing_ok, false),
        Some(NodeEnum::RenameStmt(rename)) => (rename.missing_ok, false),
        Some(NodeEnum::AlterSeqStmt(alter)) => (alter.missing_ok, false),
        Some(NodeEnum::AlterObjectSchemaStmt(alter)) => (alter.missing_ok, false),
        Some(NodeEnum::DefineStmt(_) | NodeEnum::CreateRangeStmt(_)) => (false, true),
        _ => (false, false),
    };
    if missing_ok {
        return;
    }
    let mentioned = Mentioned::in_node(node);
    let aliases: BTreeSet<&str> =
        mentioned.relations.iter().filter_map(|(_, alias)| alias.as_deref()).collect();
    let is_local = |name: &Written| match name.as_slice() {
        [name] => mentioned.with.contains(name) || aliases.contains(name.as_str()),
        _ => false,
    };
    let relations = mentioned.relations.iter().map(|(name, _)| ("relation", name));
    let types = mentioned.types.iter().filter(|_| !defines).map(|name| ("type", name));
    let functions = mentioned.functions.iter().map(|name| ("function", name));
    for (form, written) in relations.chain(types).chain(functions) {
        let (Some(name), schema) = (written.last(), written.iter().rev().nth(1)) else { continue };
        let is_serial = form == "type" && schema.is_none() && SERIALS.contains(&name.as_str());
        if is_serial || is_local(written) || may_be_made(&name.to_lowercase(), made) {
            continue;
        }
        let schemas = match schema {
            // The grammar writes its own names there, which not every version has (EXTRACT).
            Some(schema) if schema == "pg_catalog" || schema.starts_with("pg_temp") => continue,
            Some(schema) => vec![schema.clone()],
            None => {
                let path = statement.search_path.iter().map(|schema| schema.as_str().to_owned());
                path.chain(["pg_catalog".to_owned()]).collect()
            }
        };
        references.push(Reference { statement: at, form, written: written.clone(), schemas });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statement(query: &str) -> String {
        let lines = query.lines().filter(|line| !line.trim_start().starts_with("--"));
        lines.collect::<Vec<_>>().join("\n")
    }

    #[test]
    fn s4_every_name_of_a_query_is_qualified_and_its_header_says_the_versions() {
        for (query, since) in Query::ALL.map(|query| (query.text(), query.since())) {
            let versions = format!("PostgreSQL {since} to 18.");
            assert!(query.starts_with("-- ") && query.contains(&versions), "{query}");
            assert!(query.ends_with(";\n") && !query.contains('\\'), "{query}");
            let statement = statement(query);
            for (position, _) in statement.match_indices("pg_") {
                let before = &statement[..position];
                let qualified = before.ends_with("pg_catalog.")
                    || before.ends_with('\'')
                    || before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
                assert!(
                    qualified || statement[position..].starts_with("pg_catalog."),
                    "{}",
                    &statement[position..]
                );
            }
        }
    }

    #[test]
    fn what_is_filled_in_is_not_looked_at_again() {
        let sql = filled(Query::Relations, &[("schemas", vec!["a:'names'"]), ("names", vec!["b"])]);
        assert!(sql.contains("'{\"a:''names''\"}'") && sql.contains("'{\"b\"}'"), "{sql}");
    }
}
