//! Statements without ground: they name what is missing and not made by the plan.

use std::collections::{BTreeMap, BTreeSet};

use pg_query::NodeEnum;

use super::{Chosen, own_name};
use crate::core::audit::requirement::Requirement;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::index::KeyTarget;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::plan::block::mentioned;
use crate::core::plan::history::{History, Step};
use crate::core::plan::look::{Look, Presence};
use crate::core::plan::order::{is_named_alone, words};
use crate::core::plan::statement::Form;
use crate::core::sql::mentioned::Mentioned;
use crate::core::sql::parse;

/// Statements that name what is missing and is not made by the plan, each with what that is: they would fail.
pub(super) fn resting_on_nothing(
    history: &History,
    look: &Look<'_>,
    chosen: &Chosen,
) -> BTreeMap<usize, String> {
    let left = Left::of(look, chosen);
    let unloaded = unloaded(history, chosen);
    if left.is_empty() && unloaded.is_empty() {
        return BTreeMap::new();
    }
    let keys = keys_to(look, &unloaded);
    let named = |at: &usize| {
        let step = history.steps.get(*at)?;
        Some((*at, left.reason(step).or_else(|| needs_unloaded(step, &unloaded, &keys, chosen))?))
    };
    chosen.steps.keys().filter_map(named).collect()
}

/// The new tables whose rows come by COPY, which a plan leaves to a person, by their names.
fn unloaded(history: &History, chosen: &Chosen) -> BTreeSet<String> {
    let copies = history.steps.iter().filter(|step| step.traits.form == Form::Copy);
    let tables = copies.filter_map(|step| {
        let mentioned = Mentioned::of(step.text())?;
        let (written, _) = mentioned.relations.first()?;
        let name = written.last()?;
        let is_it = |id: &ComponentId| id.kind == Kind::Table && own_name(id).as_ref() == Some(name);
        step.text().to_ascii_lowercase().contains("from").then_some(())?;
        chosen.made.iter().chain(&chosen.passing).any(is_it).then(|| name.clone())
    });
    tables.collect()
}

/// A foreign key to a table whose rows are not there: its table, its columns, and the other table.
type ToUnloaded<'a> = (&'a QualifiedName, &'a [Identifier], &'a QualifiedName);

fn keys_to<'a>(look: &Look<'a>, unloaded: &BTreeSet<String>) -> Vec<ToUnloaded<'a>> {
    if unloaded.is_empty() {
        return Vec::new();
    }
    let key = |(id, requirement): (&'a ComponentId, &'a Requirement)| match &requirement.shape {
        Shape::Constraint(constraint) => match constraint.form.as_ref()? {
            ConstraintForm::ForeignKey { columns, references, .. }
                if unloaded.contains(references.name.as_str()) =>
            {
                Some((id.relation()?, columns.as_slice(), references))
            }
            _ => None,
        },
        _ => None,
    };
    look.requirements.components.iter().filter_map(key).collect()
}

/// Why an INSERT would make other rows than its author's did, or fail: it reads a table whose rows are not there, or
/// names one of them.
fn needs_unloaded(
    step: &Step,
    unloaded: &BTreeSet<String>,
    keys: &[ToUnloaded<'_>],
    chosen: &Chosen,
) -> Option<String> {
    let Form::Insert(into) = &step.traits.form else { return None };
    if unloaded.is_empty() {
        return None;
    }
    let tree = parse::parse(step.text()).ok()?;
    let Some(NodeEnum::InsertStmt(insert)) = &tree.stmts.first()?.stmt.as_ref()?.node else { return None };
    let rows = insert.select_stmt.as_deref()?;
    let read = Mentioned::in_node(rows);
    let mut names = read.relations.iter().filter_map(|(written, _)| written.last());
    let is_unloaded = |name: &&String| unloaded.contains(*name) && !read.with.contains(*name);
    if let Some(name) = names.find(is_unloaded) {
        return Some(format!("it reads rows of {name}, which COPY loads: load them by hand, then run it"));
    }
    let Some(NodeEnum::SelectStmt(rows)) = &rows.node else { return None };
    let place = |column: &Identifier| {
        insert.cols.iter().position(|target| match &target.node {
            Some(NodeEnum::ResTarget(target)) => Identifier::new(&target.name) == *column,
            _ => false,
        })
    };
    let is_made = |references: &QualifiedName, value: &String| {
        chosen.made.iter().any(|id| match &id.name {
            ComponentName::Row { relation, key } => {
                relation == references && key.iter().any(|(_, made)| made.as_ref() == Some(value))
            }
            _ => false,
        })
    };
    let of_table = keys.iter().filter(|(table, columns, _)| *table == into && columns.len() == 1);
    for (_, columns, references) in of_table {
        let Some(place) = columns.first().and_then(place) else { continue };
        for row in &rows.values_lists {
            let Some(NodeEnum::List(row)) = &row.node else { continue };
            let value = row.items.get(place).and_then(parse::constant).flatten();
            if let Some(value) = value.filter(|value| !is_made(references, value)) {
                return Some(format!(
                    "it names the row {value} of {references}, whose rows COPY loads: load them by hand, then run it"
                ));
            }
        }
    }
    None
}

/// What the plan leaves missing, or different so that nothing can be put onto it.
struct Left<'a> {
    look: &'a Look<'a>,
    chosen: &'a Chosen,
    /// What has a name of its own, by that name.
    by_name: BTreeMap<String, &'a ComponentId>,
    /// Columns that are left out, by their relations, with their names.
    columns: BTreeMap<&'a QualifiedName, Vec<(String, &'a ComponentId)>>,
    /// Tables that lack a key or an index.
    keyless: BTreeSet<&'a QualifiedName>,
}

impl<'a> Left<'a> {
    fn of(look: &'a Look<'a>, chosen: &'a Chosen) -> Self {
        let mut left = Self {
            look,
            chosen,
            by_name: BTreeMap::new(),
            columns: BTreeMap::new(),
            keyless: BTreeSet::new(),
        };
        let made: BTreeSet<String> = chosen.made.union(&chosen.passing).filter_map(own_name).collect();
        for id in look.report.findings.iter().map(|finding| &finding.component) {
            let is_missing = left.is_missing(id);
            if is_named_alone(id.kind)
                && (is_missing || left.cannot_carry(id))
                && let Some(name) = own_name(id).filter(|name| !made.contains(name))
            {
                left.by_name.insert(name, id);
            }
            match id.kind {
                Kind::Column if is_missing => {
                    if let (Some(relation), Some(name)) = (id.relation(), own_name(id)) {
                        left.columns.entry(relation).or_default().push((name, id));
                    }
                }
                Kind::Constraint | Kind::Index if is_missing => {
                    let requirement = look.requirements.components.get(id);
                    left.keyless.extend(requirement.and_then(|it| it.shape.relation(id)));
                }
                _ => {}
            }
        }
        left
    }

    fn is_empty(&self) -> bool {
        self.by_name.is_empty() && self.columns.is_empty() && self.keyless.is_empty()
    }

    fn is_missing(&self, id: &ComponentId) -> bool {
        let is_absent = match self.look.presence(id) {
            Presence::Missing => true,
            Presence::Unknown(_) => self.look.is_absent_by_name(id),
            _ => false,
        };
        is_absent && !self.chosen.made.contains(id)
    }

    /// Of what is no partitioned table, there are no partitions.
    fn cannot_carry(&self, id: &ComponentId) -> bool {
        let parts = self.look.finding(id).into_iter().flat_map(|finding| &finding.differences);
        parts.into_iter().any(|difference| difference.part == "partitioning")
    }

    /// Why a statement would fail.
    fn reason(&self, step: &Step) -> Option<String> {
        if let Some(id) = missing_key(self.look, step, &self.keyless, |id| self.is_missing(id)) {
            return Some(format!("it needs {id}, which is missing and not planned"));
        }
        let is_new = |id: &ComponentId| id.relation().is_some_and(|it| self.chosen.is_new_relation(it));
        let owning = step.touch.owning.iter().find(|id| self.is_missing(id) && !is_new(id));
        let named = || {
            if self.by_name.is_empty() && self.columns.is_empty() {
                return None;
            }
            let mentioned = mentioned(step)?;
            self.object(&mentioned).or_else(|| self.column(&mentioned, step))
        };
        let id = owning.or_else(named)?;
        Some(format!("it names {id}, which is missing or different, and not planned"))
    }

    fn object(&self, mentioned: &Mentioned) -> Option<&'a ComponentId> {
        let relations = mentioned.relations.iter().map(|(name, _)| name);
        let names = relations.chain(&mentioned.types).chain(&mentioned.functions);
        let mut names = names.filter_map(|name| name.last()).filter(|name| !mentioned.with.contains(*name));
        let by_name = |name: &String| self.by_name.get(&name.to_lowercase()).copied();
        // nextval('s')
        let in_strings = || {
            let ends = mentioned.strings.iter().filter_map(|string| string.rsplit(['.', ' ']).next());
            let mut ends = ends.map(|end| end.trim_matches('"').to_owned());
            ends.find_map(|end| by_name(&end).filter(|id| id.kind == Kind::Sequence))
        };
        names.find_map(by_name).or_else(in_strings)
    }

    fn column(&self, mentioned: &Mentioned, step: &Step) -> Option<&'a ComponentId> {
        let relations = mentioned.relations.iter().filter_map(|(name, _)| name.last());
        let relations: BTreeSet<&str> = relations.map(String::as_str).collect();
        let mut columns = self
            .columns
            .iter()
            .filter(|(relation, _)| relations.contains(relation.name.as_str()))
            .flat_map(|(_, columns)| columns)
            .peekable();
        columns.peek()?;
        let words = words(step);
        // A partition has all columns of its table.
        if words.contains("attach") && words.contains("partition") {
            return columns.next().map(|(_, id)| *id);
        }
        columns.find(|(name, _)| words.contains(name)).map(|(_, id)| *id)
    }
}

/// The key that a foreign key needs of a table that stands there without it.
fn missing_key<'a>(
    look: &Look<'a>,
    step: &Step,
    tables: &BTreeSet<&QualifiedName>,
    is_left: impl Fn(&&ComponentId) -> bool,
) -> Option<&'a ComponentId> {
    let constraint = |id: &ComponentId| match &look.requirements.components.get(id)?.shape {
        Shape::Constraint(constraint) => constraint.form.as_ref(),
        _ => None,
    };
    let (table, wanted) = step.makes.iter().find_map(|id| match constraint(id)? {
        ConstraintForm::ForeignKey { references, referenced_columns, .. } if tables.contains(references) => {
            Some((references, referenced_columns.as_ref()))
        }
        _ => None,
    })?;
    let is_key = |shape: &Shape| {
        let (columns, is_primary): (Vec<&Identifier>, bool) = match shape {
            Shape::Constraint(constraint) => match &constraint.form {
                Some(ConstraintForm::PrimaryKey { columns }) => (columns.iter().collect(), true),
                Some(ConstraintForm::Unique { columns, .. }) => (columns.iter().collect(), false),
                _ => return false,
            },
            Shape::Index(index) if index.unique == Some(true) => {
                let keys = index.keys.iter().flatten();
                let columns = keys.filter_map(|key| match &key.target {
                    KeyTarget::Column(column) => Some(column),
                    KeyTarget::Expression(_) => None,
                });
                (columns.collect(), false)
            }
            _ => return false,
        };
        let columns: BTreeSet<&Identifier> = columns.into_iter().collect();
        wanted.map_or(is_primary, |wanted| wanted.iter().collect::<BTreeSet<_>>() == columns)
    };
    let of_table =
        look.requirements.components.iter().filter(|(id, it)| it.shape.relation(id) == Some(table));
    of_table.filter(|(_, it)| is_key(&it.shape)).map(|(id, _)| id).find(is_left)
}
