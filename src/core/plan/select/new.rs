//! What the plan makes, and which statements are needed because they make or touch that.

use super::walk::Walk;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::name::Identifier;
use crate::core::plan::history::Step;
use crate::core::plan::look::Presence;
use crate::core::plan::statement::Form;
use crate::core::plan::touch::Touch;

impl Walk<'_> {
    /// Whether a statement that makes what is `missing` is one of the plan, if it may run.
    pub(super) fn is_needed(&self, at: usize, step: &Step, missing: &[ComponentId]) -> bool {
        let drops = &step.touch.drops;
        !missing.is_empty()
            || self.put_right.contains_key(&at)
            || self.on_the_way.contains(&at)
            || step.alters.iter().any(|id| self.is_new(id))
            || self.goes_on_with_what_is_new(step)
            || self.touches_new_rows(step)
            || self.is_on_what_is_new(step)
            || self.makes_sure(at, step)
            || (!drops.is_empty() && drops.iter().all(|(id, _)| self.is_new_by_name(at, id)))
    }

    /// Whether it makes, IF NOT EXISTS, what the plan made before a statement of which nobody knows what it does: that may
    /// have dropped it.
    fn makes_sure(&self, at: usize, step: &Step) -> bool {
        let Touch { creates, keeps, .. } = &step.touch;
        if keeps.is_empty() || creates != keeps || !keeps.iter().all(|id| self.is_made(id)) {
            return false;
        }
        let maker = keeps.iter().filter_map(|id| self.history.made_by.get(id)?.first()).min();
        let from = maker.copied().unwrap_or_default().min(at);
        let mut between = self.chosen.steps.range(from..at);
        between.any(|(other, _)| self.history.steps.get(*other).is_some_and(|other| other.touch.not_modelled))
    }

    /// Whether it changes, renames, or puts for a while onto something, what this plan made.
    fn goes_on_with_what_is_new(&self, step: &Step) -> bool {
        let touch = &step.touch;
        let mut touched = touch.changes.iter().chain(&touch.renames_from).chain(&step.passing);
        touched.any(|id| self.is_new(id))
    }

    /// Whether it is about a relation that the plan makes: a key or an index without a name of its author's, gone again in
    /// the end, is what others may rest on meanwhile. ALTER TABLE may be about a sequence.
    fn is_on_what_is_new(&self, step: &Step) -> bool {
        step.traits.concerns.first().is_some_and(|concern| {
            let sequence = ComponentId::in_schema(Kind::Sequence, concern.relation.clone());
            self.chosen.is_new_relation(&concern.relation)
                || self.chosen.made.contains(&sequence)
                || self.chosen.passing.contains(&sequence)
        })
    }

    /// What a statement makes that is missing yet. What it would keep (IF NOT EXISTS) counts where the statement that
    /// should have made it could not.
    pub(super) fn missing(&self, step: &Step) -> Vec<ComponentId> {
        let is_apart = |id: &&ComponentId| self.whole_that_is_there(step, id).is_none();
        self.lacking(step).filter(is_apart).cloned().collect()
    }

    fn lacking<'s>(&self, step: &'s Step) -> impl Iterator<Item = &'s ComponentId> {
        let kept = step.touch.keeps.iter().filter(|id| !step.makes.contains(id));
        step.makes
            .iter()
            .chain(kept)
            .filter(|id| !self.is_made(id) && self.look.presence(id) == Presence::Missing)
    }

    /// What is missing and would be made only with something that is there, which the statement leaves as it is.
    pub(super) fn kept_apart(&self, step: &Step) -> Vec<(ComponentId, ComponentId)> {
        let apart = |id: &ComponentId| Some((id.clone(), self.whole_that_is_there(step, id)?.clone()));
        let is_made_here = |id: &&ComponentId| step.makes.contains(id);
        self.lacking(step).filter(is_made_here).filter_map(apart).collect()
    }

    fn whole_that_is_there<'s>(&self, step: &'s Step, id: &ComponentId) -> Option<&'s ComponentId> {
        if step.touch.together.is_empty() {
            return None;
        }
        let required = self.look.requirements.components.get(id);
        let relation = required.and_then(|required| required.shape.relation(id));
        let is_there = |whole: &ComponentId| {
            !self.is_new(whole)
                && match self.look.presence(whole) {
                    Presence::Present | Presence::Different => true,
                    Presence::NotRequired => !self.look.is_absent(whole),
                    Presence::Missing | Presence::Unknown(_) => false,
                }
        };
        let of_part = step.touch.together.iter().filter(|it| it.has(id, relation, &step.touch));
        of_part.map(|together| &together.whole).find(|whole| is_there(whole))
    }

    pub(super) fn is_made(&self, id: &ComponentId) -> bool {
        self.chosen.made.contains(id)
    }

    /// Whether the plan makes it, or what it hangs on.
    pub(super) fn is_new(&self, id: &ComponentId) -> bool {
        let object = match &id.name {
            ComponentName::OnObject { object, .. } => Some(&**object),
            _ => None,
        };
        self.is_made(id)
            || self.chosen.passing.contains(id)
            || id.relation().is_some_and(|relation| self.chosen.is_new_relation(relation))
            || object.is_some_and(|object| self.is_new(object))
            || id
                .schema()
                .is_some_and(|schema| self.is_made(&ComponentId::global(Kind::Schema, schema.clone())))
    }

    /// Whether the plan makes what goes by this name when a statement runs: what gets the name in a later statement, or
    /// is made there, is not it. A routine may be named without its arguments.
    pub(super) fn is_new_by_name(&self, at: usize, id: &ComponentId) -> bool {
        if let ComponentName::Routine { name, arguments: None } = &id.name {
            let chosen = self.chosen.made.iter().chain(&self.chosen.passing);
            return chosen.filter(|made| made.kind == id.kind).any(
                |made| matches!(&made.name, ComponentName::Routine { name: other, .. } if other == name),
            );
        }
        if !self.is_new(id) {
            return false;
        }
        let is_named_by = |other: &usize| {
            let touch = self.history.steps.get(*other).map(|step| &step.touch);
            touch.is_some_and(|touch| touch.renames_to.contains(id))
        };
        let renamed = self.history.made_by.get(id).into_iter().flatten().find(|other| is_named_by(other));
        let is_made_by = |other: &usize| {
            self.history.steps.get(*other).is_some_and(|step| step.touch.creates.contains(id))
        };
        self.chosen.passing.contains(id)
            || renamed.is_none_or(|renamed| *renamed < at)
            || self.chosen.steps.range(..at).any(|(other, _)| is_made_by(other))
    }

    /// Whether it writes rows of tables that the plan makes, or only columns that it makes.
    fn touches_new_rows(&self, step: &Step) -> bool {
        let (Form::Insert(into) | Form::Refresh(into)) = &step.traits.form else {
            let changed = &step.touch.changes_rows;
            return !changed.is_empty()
                && changed.iter().all(|(relation, columns)| {
                    let is_new = |column: &Identifier| {
                        self.is_made(&ComponentId::on_relation(
                            Kind::Column,
                            relation.clone(),
                            column.clone(),
                        ))
                    };
                    self.chosen.is_new_relation(relation)
                        || (!columns.is_empty() && columns.iter().all(is_new))
                });
        };
        self.chosen.is_new_relation(into)
    }
}
