//! Hints: what a finding may come from, where something speaks for it. A hint changes no verdict.
//!
//! Most are seen in what phase 1 observed anyway: a column of the same type that nothing requires, a disabled trigger.
//! Where a table, view, type, sequence, index or function is missing, one more question ([`question`]) looks for its
//! name elsewhere, and asks of a missing extension whether the server offers it; without an answer there are fewer hints,
//! and nothing else changes.

use std::collections::BTreeSet;

use serde::Serialize;

use super::finding::{Finding, State};
use super::matching::Matches;
use super::observation::Observation;
use super::requirement::{Requirement, Requirements};
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::place::fill;
use crate::core::sql::quoting;

mod relative;

use relative::NOT_OFFERED;
pub use relative::Relative;

/// The most missing components whose names are looked for: more than that is a feature that is not there.
const MOST_NAMES: usize = 200;
/// The most missing tables whose columns are looked for.
const MOST_TABLES: usize = 20;
/// Tables of fewer columns are alike by chance.
const FEWEST_COLUMNS: usize = 3;

#[derive(Serialize)]
struct TableColumns<'a> {
    schema: &'a str,
    name: &'a str,
    columns: BTreeSet<&'a str>,
}

/// One more question about what is missing, without a semicolon; `None` when nothing is, whose name could help.
#[must_use]
pub fn question(requirements: &Requirements, catalog: &Catalog) -> Option<String> {
    let (mut names, mut extensions) = (BTreeSet::new(), BTreeSet::new());
    let mut tables = Vec::new();
    for (id, requirement) in &requirements.components {
        if let (Kind::Extension, ComponentName::Global(name)) = (id.kind, &id.name)
            && !catalog.contains(id)
        {
            extensions.insert(name.as_str());
        }
        let Some(name) = own_name(id) else { continue };
        if names.len() >= MOST_NAMES * 4 || requirement.name_is_generated || !is_absent(id, catalog) {
            continue;
        }
        names.extend(spellings(name.name.as_str()));
        if id.kind == Kind::Table && tables.len() < MOST_TABLES {
            let columns = columns_of(requirements, name);
            if columns.len() >= FEWEST_COLUMNS {
                let (schema, name) = (name.schema.as_str(), name.name.as_str());
                tables.push(TableColumns { schema, name, columns });
            }
        }
    }
    if names.is_empty() && extensions.is_empty() {
        return None;
    }
    let names = quoting::text_array(names.iter().map(String::as_str));
    let extensions = quoting::text_array(extensions.into_iter());
    let tables = quoting::literal(&serde_json::to_string(&tables).ok()?);
    let values = [(":'names'", names.as_str()), (":'extensions'", &extensions), (":'tables'", &tables)];
    Some(fill(include_str!("relatives.sql"), &values))
}

/// The name of a component whose name alone may be found elsewhere.
fn own_name(id: &ComponentId) -> Option<&QualifiedName> {
    match &id.name {
        ComponentName::InSchema(name) | ComponentName::Routine { name, .. } => Some(name),
        _ => None,
    }
}

/// Whether nothing of this identity was observed: cheaper than matching all, and good enough for asking.
fn is_absent(id: &ComponentId, catalog: &Catalog) -> bool {
    match &id.name {
        ComponentName::Routine { name, arguments: None } => catalog.overloads(name).next().is_none(),
        _ => !catalog.contains(id),
    }
}

/// The spellings that a name has where somebody quoted it, or did not: indexes find them.
fn spellings(name: &str) -> BTreeSet<String> {
    let lower = name.to_lowercase();
    let mut letters = lower.chars();
    let capital: String = letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect();
    // What is not a name of PostgreSQL after that has no index entry.
    let spellings = [name.to_owned(), name.to_uppercase(), lower, capital];
    spellings.into_iter().map(|name| Identifier::new(&name).as_str().to_owned()).collect()
}

fn columns_of<'a>(requirements: &'a Requirements, table: &QualifiedName) -> BTreeSet<&'a str> {
    let columns = requirements.components.keys().filter(|id| id.kind == Kind::Column);
    columns
        .filter_map(|id| match &id.name {
            ComponentName::OnRelation { relation, name } if relation == table => Some(name.as_str()),
            _ => None,
        })
        .collect()
}

/// Adds hints to findings.
pub(super) fn give(
    requirements: &Requirements,
    observation: &Observation,
    found: &Matches<'_>,
    findings: &mut [Finding],
) {
    let look = Look { requirements, observation, found, under_others: found.under_others() };
    for finding in findings {
        let hint = match finding.state {
            State::Missing if finding.because_of.is_none() => look.missing(&finding.component),
            State::Different => different(finding),
            State::Present if finding.component.kind == Kind::MaterializedView => {
                look.empty(&finding.component)
            }
            _ => None,
        };
        // Of most there is nothing to say, and so no room for it.
        if hint.is_some() {
            finding.hint = hint;
        }
    }
}

struct Look<'a> {
    requirements: &'a Requirements,
    observation: &'a Observation,
    found: &'a Matches<'a>,
    /// The observed components that meet requirements of other names.
    under_others: BTreeSet<&'a ComponentId>,
}

impl Look<'_> {
    /// Whether a requirement is met by this observed component.
    fn is_taken(&self, observed: &ComponentId) -> bool {
        let by_name = || self.found.observed(observed) == Some(observed);
        self.under_others.contains(observed)
            || self.requirements.components.contains_key(observed) && by_name()
    }

    fn missing(&self, id: &ComponentId) -> Option<String> {
        let requirement = self.requirements.components.get(id)?;
        match &id.name {
            ComponentName::OnRelation { relation, name } => self
                .other_case(id.kind, relation, name)
                .or_else(|| self.renamed(id, requirement, relation))
                .or_else(|| self.without_policy(id.kind, relation)),
            ComponentName::InSchema(name) => self
                .elsewhere(id.kind, name)
                .or_else(|| self.renamed(id, requirement, requirement.shape.relation(id)?))
                .or_else(|| self.same_columns(id.kind, name)),
            ComponentName::Routine { name, .. } => {
                self.overload(name).or_else(|| self.elsewhere(id.kind, name))
            }
            ComponentName::Global(name) if id.kind == Kind::Extension => self.not_offered(name),
            _ => None,
        }
    }

    /// An extension that the server says it does not offer: CREATE EXTENSION would fail there.
    fn not_offered(&self, name: &Identifier) -> Option<String> {
        let mut relatives = self.observation.relatives.iter();
        relatives.find(|relative| relative.kind == NOT_OFFERED && relative.name == name.as_str())?;
        Some(
            "the server does not offer it (pg_available_extensions): install its package, or see what the provider \
             allows"
                .to_owned(),
        )
    }

    /// A materialized view that is there and holds nothing: SQL does not declare that it must.
    fn empty(&self, id: &ComponentId) -> Option<String> {
        let (Shape::MaterializedView(view), ComponentName::InSchema(name)) =
            (self.observation.catalog.get(id)?, &id.name)
        else {
            return None;
        };
        let view = (view.populated == Some(false)).then(|| quoting::qualified(name))?;
        Some(format!("it holds no data, and queries on it fail: REFRESH MATERIALIZED VIEW {view}"))
    }

    /// A column, constraint, trigger or policy whose name differs in case only.
    fn other_case(&self, kind: Kind, relation: &QualifiedName, name: &Identifier) -> Option<String> {
        let mut all = self.observation.catalog.on_relation(kind, relation);
        let (other, _) = all.find(|(other, _)| match &other.name {
            ComponentName::OnRelation { name: other, .. } => same_but_case(other, name),
            _ => false,
        })?;
        Some(format!("{other} is there: only in double quotes does a name keep its capitals"))
    }

    /// The one component of the same relation and shape that nothing requires.
    fn renamed(
        &self,
        id: &ComponentId,
        requirement: &Requirement,
        relation: &QualifiedName,
    ) -> Option<String> {
        // A name that PostgreSQL chose is found by its shape anyway, and an open shape is like every other.
        if requirement.name_is_generated || requirement.shape == Shape::open(id.kind) {
            return None;
        }
        let catalog = &self.observation.catalog;
        let free: Vec<(&ComponentId, &Shape)> = match id.kind {
            Kind::Index => catalog.indexes_of(relation).collect(),
            kind => catalog.on_relation(kind, relation).collect(),
        };
        let alike = |strictly: bool| {
            let mut alike = free.iter().filter(|(other, shape)| {
                !self.is_taken(other) && is_alike(&requirement.shape, shape, strictly)
            });
            // Of two that are alike, neither is likelier.
            alike.next().filter(|_| alike.next().is_none()).map(|(other, _)| *other)
        };
        let (other, what) = match id.kind {
            Kind::Column => (alike(false).or_else(|| alike(true))?, "has the same type"),
            _ => (alike(true)?, "is the same under another name"),
        };
        Some(format!("{other}, which nothing requires, {what}: renamed?"))
    }

    fn without_policy(&self, kind: Kind, relation: &QualifiedName) -> Option<String> {
        let catalog = &self.observation.catalog;
        let table = catalog.get(&ComponentId::in_schema(Kind::Table, relation.clone()))?;
        let secured = matches!(table, Shape::Table(table) if table.row_security == Some(true));
        let bare = kind == Kind::Policy && catalog.on_relation(Kind::Policy, relation).next().is_none();
        (secured && bare).then(|| {
            "row-level security is on and its table has no policy at all: only the owner sees rows".to_owned()
        })
    }

    /// The same name as another kind, in another case, or in another schema.
    fn elsewhere(&self, kind: Kind, name: &QualifiedName) -> Option<String> {
        let relatives =
            || self.observation.relatives.iter().filter(|relative| relative.has_columns_of.is_none());
        let here = |relative: &&Relative| relative.schema == name.schema.as_str();
        let same = |relative: &&Relative| relative.name == name.name.as_str();
        // A function may bear the name of a table; a view may not.
        let excludes = |relative: &&Relative| (relative.kind == "function") == (kind == Kind::Function);
        if let Some(other) =
            relatives().filter(here).filter(same).filter(excludes).find(|relative| relative.kind != kind.id())
        {
            return Some(format!("{} is there: another kind of object", other.id()));
        }
        let of_kind = || relatives().filter(|relative| relative.kind == kind.id());
        if let Some(other) =
            of_kind().filter(here).find(|other| same_but_case(&Identifier::new(&other.name), &name.name))
        {
            return Some(format!(
                "{} is there: only in double quotes does a name keep its capitals",
                other.id()
            ));
        }
        let others: Vec<String> =
            of_kind().filter(same).filter(|relative| !here(relative)).map(Relative::id).collect();
        match others.as_slice() {
            [] => None,
            [one] => Some(format!("{one} is there: in another schema")),
            [one, more @ ..] => Some(format!("{one} and {} more are there: in other schemas", more.len())),
        }
    }

    /// A table with the same columns that nothing requires.
    fn same_columns(&self, kind: Kind, name: &QualifiedName) -> Option<String> {
        let alike = self.observation.relatives.iter().filter(|relative| {
            kind == Kind::Table
                && relative.schema == name.schema.as_str()
                && relative.has_columns_of.as_deref() == Some(name.name.as_str())
                && !self.is_required(&QualifiedName::new(&*relative.schema, &*relative.name))
        });
        let alike: Vec<&Relative> = alike.collect();
        match alike.as_slice() {
            [one] => Some(format!("{}, which nothing requires, has the same columns: renamed?", one.id())),
            _ => None,
        }
    }

    fn is_required(&self, table: &QualifiedName) -> bool {
        self.requirements.components.contains_key(&ComponentId::in_schema(Kind::Table, table.clone()))
    }

    /// A function of the same name with other arguments.
    fn overload(&self, name: &QualifiedName) -> Option<String> {
        let mut others = self.observation.catalog.overloads(name).map(|(other, _, _)| other);
        let other = others.find(|other| !self.is_taken(other))?;
        Some(format!("{other} is there: with other arguments"))
    }
}

fn same_but_case(one: &Identifier, other: &Identifier) -> bool {
    one != other && one.as_str().to_lowercase() == other.as_str().to_lowercase()
}

/// Whether an observed shape may be the required one. A column is told by its type alone, unless `strictly`.
fn is_alike(required: &Shape, observed: &Shape, strictly: bool) -> bool {
    let equal = || required.compare(observed).is_some_and(|comparison| comparison.differences.is_empty());
    match (required, observed) {
        (Shape::Column(required), Shape::Column(observed)) => {
            let types = required.data_type.as_ref().zip(observed.data_type.as_ref());
            types.is_some_and(|(required, observed)| required.is(observed)) && (!strictly || equal())
        }
        _ => equal(),
    }
}

/// What puts a difference right, where one statement does.
fn different(finding: &Finding) -> Option<String> {
    let id = &finding.component;
    let differs = |part: &str| finding.differences.iter().find(|difference| difference.part == part);
    match (&id.name, id.kind) {
        (ComponentName::InSchema(name), Kind::Index) => differs("valid").map(|_| {
            let index = quoting::qualified(name);
            format!("a CREATE INDEX CONCURRENTLY failed or is under way: REINDEX INDEX CONCURRENTLY {index}")
        }),
        (ComponentName::InSchema(name), Kind::Sequence) => {
            differs("owned by").filter(|difference| difference.actual == "no column").map(|difference| {
                let (sequence, column) = (quoting::qualified(name), &difference.expected);
                format!("it stays behind when its column goes: ALTER SEQUENCE {sequence} OWNED BY {column}")
            })
        }
        (ComponentName::InSchema(name), Kind::Table) => differs("row security")
            .filter(|difference| difference.expected == "enabled")
            .map(|_| format!("ALTER TABLE {} ENABLE ROW LEVEL SECURITY", quoting::qualified(name))),
        (ComponentName::OnRelation { relation, name }, Kind::Trigger) => {
            differs("enabled").filter(|difference| difference.expected == "enabled").map(|_| {
                let (table, trigger) = (quoting::qualified(relation), quoting::identifier(name));
                format!("ALTER TABLE {table} ENABLE TRIGGER {trigger}")
            })
        }
        (ComponentName::Global(name), Kind::Extension) => {
            let extension = quoting::identifier(name);
            let moved = || differs("schema").map(|_| "installed in another schema".to_owned());
            differs("version").map(|_| format!("ALTER EXTENSION {extension} UPDATE")).or_else(moved)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
