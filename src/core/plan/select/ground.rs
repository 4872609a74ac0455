//! Statements without ground: they name what is missing and not made by the plan.

use std::collections::{BTreeMap, BTreeSet};

use super::{Chosen, own_name};
use crate::core::component::ComponentId;
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::index::KeyTarget;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::plan::history::{History, Step};
use crate::core::plan::look::{Look, Presence};
use crate::core::plan::order::{is_named_alone, words};
use crate::core::sql::mentioned::Mentioned;

/// Statements that name what is missing and is not made by the plan, each with what that is: they would fail.
pub(super) fn resting_on_nothing(
    history: &History,
    look: &Look<'_>,
    chosen: &Chosen,
) -> BTreeMap<usize, String> {
    let made: BTreeSet<String> = chosen.made.union(&chosen.passing).filter_map(own_name).collect();
    // Of what is no partitioned table, there are no partitions.
    let cannot_carry = |id: &ComponentId| {
        let parts = look.finding(id).into_iter().flat_map(|finding| &finding.differences);
        parts.into_iter().any(|difference| difference.part == "partitioning")
    };
    let is_left = |id: &&ComponentId| look.presence(id) == Presence::Missing && !chosen.made.contains(*id);
    let missing = || look.report.findings.iter().map(|finding| &finding.component);
    let alone = missing().filter(|id| is_named_alone(id.kind) && (is_left(id) || cannot_carry(id)));
    let by_name: BTreeMap<String, &ComponentId> =
        alone.filter_map(|id| Some((own_name(id)?, id))).filter(|(name, _)| !made.contains(name)).collect();
    let mut columns: BTreeMap<&QualifiedName, Vec<(String, &ComponentId)>> = BTreeMap::new();
    for id in missing().filter(|id| id.kind == Kind::Column && is_left(id)) {
        if let (Some(relation), Some(name)) = (id.relation(), own_name(id))
            && !chosen.is_new_relation(relation)
        {
            columns.entry(relation).or_default().push((name, id));
        }
    }
    let keys: BTreeSet<&QualifiedName> = missing()
        .filter(|id| matches!(id.kind, Kind::Constraint | Kind::Index) && is_left(id))
        .filter_map(|id| look.requirements.components.get(id)?.shape.relation(id))
        .collect();
    if by_name.is_empty() && columns.is_empty() && keys.is_empty() {
        return BTreeMap::new();
    }
    let named = |at: &usize| {
        let step = history.steps.get(*at)?;
        let left =
            |id: &ComponentId| format!("it names {id}, which is missing or different, and not planned");
        if let Some(id) = missing_key(look, step, &keys, is_left) {
            return Some((*at, format!("it needs {id}, which is missing and not planned")));
        }
        if by_name.is_empty() && columns.is_empty() {
            return None;
        }
        let mentioned = Mentioned::of(step.text())?;
        let relations = mentioned.relations.iter().map(|(name, _)| name);
        let names = relations.chain(&mentioned.types).chain(&mentioned.functions);
        let mut names = names.filter_map(|name| name.last()).filter(|name| !mentioned.with.contains(*name));
        let by_name = |name: &String| by_name.get(&name.to_lowercase());
        // nextval('s')
        let in_strings = || {
            let ends = mentioned.strings.iter().filter_map(|string| string.rsplit(['.', ' ']).next());
            let mut ends = ends.map(|end| end.trim_matches('"').to_owned());
            ends.find_map(|end| by_name(&end).filter(|id| id.kind == Kind::Sequence))
        };
        if let Some(id) = names.find_map(by_name).or_else(in_strings) {
            return Some((*at, left(id)));
        }
        let relations = mentioned.relations.iter().filter_map(|(name, _)| name.last());
        let relations: BTreeSet<&str> = relations.map(String::as_str).collect();
        let mut columns = columns
            .iter()
            .filter(|(relation, _)| relations.contains(relation.name.as_str()))
            .flat_map(|(_, columns)| columns)
            .peekable();
        columns.peek()?;
        let words = words(step);
        let (_, id) = columns.find(|(name, _)| words.contains(name))?;
        Some((*at, left(id)))
    };
    chosen.steps.keys().filter_map(named).collect()
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
