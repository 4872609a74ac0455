//! What a statement needs that was there when it was written, and that neither the plan makes nor the database has: the
//! key of a foreign key, a relation by a former name, a temporary relation.

use std::collections::{BTreeMap, BTreeSet};

use super::Chosen;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::index::KeyTarget;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::plan::block::{mentioned, words_of_variables};
use crate::core::plan::history::{History, Step};
use crate::core::plan::look::{Look, RELATIONS};
use crate::core::plan::order::{words, words_of_body};
use crate::core::plan::statement::Form;
use crate::core::sql::mentioned::{Mentioned, Written};

/// Statements with a foreign key to a table that is there, but has no such key any more: the key that the statement
/// meant when it was written is gone, as the foreign key may be in the end.
pub(super) fn without_key(history: &History, look: &Look<'_>, chosen: &Chosen) -> BTreeMap<usize, String> {
    let mut steps = chosen.steps.keys().filter_map(|at| Some((*at, history.steps.get(*at)?)));
    let mut stopped = BTreeMap::new();
    for (at, step) in &mut steps {
        let lacks = |(table, columns): &&(QualifiedName, Option<Vec<Identifier>>)| {
            !chosen.is_new_relation(table) && lacks_key(look, chosen, table, columns.as_deref())
        };
        if let Some((table, columns)) = step.touch.needs_keys.iter().find(lacks) {
            let of = columns.iter().flatten().map(Identifier::to_string).collect::<Vec<_>>().join(", ");
            let of = if of.is_empty() { String::new() } else { format!(" on ({of})") };
            stopped.insert(at, format!("it needs a unique key{of} of table/{table}, which is not there"));
        }
    }
    stopped
}

/// Whether a table was seen, and no key of these columns, nor makes the plan one.
fn lacks_key(
    look: &Look<'_>,
    chosen: &Chosen,
    table: &QualifiedName,
    columns: Option<&[Identifier]>,
) -> bool {
    let catalog = &look.observation.catalog;
    // All constraints of a table were read if one of them was looked for.
    if !catalog.on_relation(Kind::Constraint, table).any(|(_, shape)| key(shape).is_some()) {
        return false;
    }
    let is_it = |shape: &Shape| match (key(shape), columns) {
        (Some((_, key)), Some(columns)) => key == columns.iter().collect::<BTreeSet<_>>(),
        (Some((is_primary, _)), None) => is_primary,
        (None, _) => false,
    };
    let constraints = catalog.on_relation(Kind::Constraint, table);
    if constraints.chain(catalog.indexes_of(table)).any(|(_, shape)| is_it(shape)) {
        return false;
    }
    let is_made = |id: &ComponentId| {
        matches!(id.kind, Kind::Constraint | Kind::Index)
            && look
                .requirements
                .components
                .get(id)
                .is_none_or(|it| it.shape.relation(id) == Some(table) && is_it(&it.shape))
    };
    !chosen.made.iter().chain(&chosen.passing).any(is_made)
}

/// The columns of a unique key, and whether it is the primary one.
fn key(shape: &Shape) -> Option<(bool, BTreeSet<&Identifier>)> {
    match shape {
        Shape::Constraint(constraint) => match constraint.form.as_ref()? {
            ConstraintForm::PrimaryKey { columns } => Some((true, columns.iter().collect())),
            ConstraintForm::Unique { columns, .. } => Some((false, columns.iter().collect())),
            _ => None,
        },
        Shape::Index(index) if index.unique == Some(true) => {
            let columns = index.keys.iter().flatten().map(|key| match &key.target {
                KeyTarget::Column(column) => Some(column),
                KeyTarget::Expression(_) => None,
            });
            Some((false, columns.collect::<Option<_>>()?))
        }
        _ => None,
    }
}

/// Statements that name a relation which is gone since, or goes by another name, and is not made again by the plan.
pub(super) fn named_as_before(
    history: &History,
    look: &Look<'_>,
    chosen: &Chosen,
) -> BTreeMap<usize, String> {
    let is_gone = |id: &&ComponentId| {
        RELATIONS.contains(&id.kind)
            && look.finding(id).is_none()
            && !chosen.passing.contains(*id)
            && !chosen.made.contains(*id)
            && look.is_absent(id)
    };
    let gone: BTreeSet<&ComponentId> =
        history.steps.iter().flat_map(|step| &step.passing).filter(is_gone).collect();
    if gone.is_empty() {
        return BTreeMap::new();
    }
    let by_name: BTreeMap<String, Vec<&ComponentId>> =
        gone.into_iter().fold(BTreeMap::new(), |mut by_name, id| {
            by_name.entry(super::own_name(id).unwrap_or_default()).or_default().push(id);
            by_name
        });
    let named = |at: &usize| {
        let step = history.steps.get(*at)?;
        let own = |id: &ComponentId| step.touch.creates.contains(id) || step.touch.keeps.contains(id);
        let mut words = words(step);
        if step.traits.form == Form::Block {
            words.extend(words_of_body(step));
        }
        words.extend(words_of_variables(step));
        let candidates: Vec<&ComponentId> = words
            .iter()
            .filter_map(|word| by_name.get(word))
            .flatten()
            .copied()
            .filter(|id| !own(id))
            .collect();
        if candidates.is_empty() {
            return None;
        }
        let mentioned = mentioned(step)?;
        let names = |id: &&ComponentId| {
            let written = mentioned.relations.iter().map(|(written, _)| written);
            // DROP TABLE IF EXISTS names what need not be there.
            !step.touch.drops.iter().any(|(dropped, _)| dropped == *id)
                && written.into_iter().any(|written| means(written, id, &mentioned, step))
        };
        let id = candidates.into_iter().find(|id| names(id) || is_base(id, step))?;
        Some((*at, format!("it names {id}, which is gone since, or goes by another name")))
    };
    chosen.steps.keys().filter_map(named).collect()
}

/// Whether what a block makes or changes is on the relation.
fn is_base(relation: &ComponentId, step: &Step) -> bool {
    let ComponentName::InSchema(name) = &relation.name else { return false };
    let touch = &step.touch;
    step.traits.form == Form::Block
        && !touch.drops.iter().any(|(dropped, _)| dropped == relation)
        && touch.creates.iter().chain(&touch.changes).any(|id| id.relation() == Some(name))
}

/// Whether a dotted name means the relation: without a schema, where its schema is in the search path.
fn means(written: &Written, id: &ComponentId, mentioned: &Mentioned, step: &Step) -> bool {
    let ComponentName::InSchema(name) = &id.name else { return false };
    match written.as_slice() {
        [last] => {
            Identifier::new(last) == name.name
                && step.search_path.contains(&name.schema)
                && !mentioned.with.contains(last)
        }
        [.., schema, last] => Identifier::new(last) == name.name && Identifier::new(schema) == name.schema,
        [] => false,
    }
}

/// A temporary relation that a statement names, made by an earlier statement that is not in the plan.
pub(super) fn temporary_not_made<'s>(
    history: &History,
    at: usize,
    step: &'s Step,
    chosen: &Chosen,
) -> Option<&'s Identifier> {
    let is_made = |name: &Identifier| {
        let mut before = chosen.steps.range(..at).filter_map(|(other, _)| history.steps.get(*other));
        before.any(|other| other.traits.makes_temporary.as_ref() == Some(name))
    };
    step.traits.temporary.iter().find(|name| !is_made(name))
}
