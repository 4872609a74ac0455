//! Whether a statement may run: nothing of what it does is a guess.

use super::gone;
use super::walk::Walk;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{Kind, Shape};
use crate::core::name::QualifiedName;
use crate::core::plan::history::Step;
use crate::core::plan::look::Presence;

impl Walk<'_> {
    /// Whether nothing that the statement does is a guess, or the reason why something is. Gives what it destroys, where
    /// a marker allows that.
    pub(super) fn may_run(&self, at: usize, step: &Step) -> Result<Option<String>, String> {
        if let Some(reason) = self.without_ground.get(&at) {
            return Err(reason.clone());
        }
        if let Some(reason) = &step.unsettled {
            return Err(reason.clone());
        }
        if let Some(name) = gone::temporary_not_made(self.history, at, step, &self.chosen) {
            return Err(format!(
                "{} names the temporary relation {name}, which no statement of this plan makes",
                step.place()
            ));
        }
        let put_right = self.put_right.get(&at);
        let is_put_right = |id: &ComponentId| put_right.is_some_and(|ids| ids.contains(id));
        let kept = step.touch.keeps.iter().filter(|id| !step.makes.contains(id));
        let repeats = step.traits.may_repeat || step.touch.idempotent;
        for id in step.makes.iter().chain(kept) {
            match self.look.presence(id) {
                _ if self.is_new(id) || is_put_right(id) => {}
                Presence::Missing => self.rests_on(step, id)?,
                Presence::Unknown(why) => {
                    return Err(format!("it is not known whether {id} is there: {why}"));
                }
                Presence::Present | Presence::Different if !repeats => {
                    return Err(format!("{} makes it together with {id}, which is there", step.place()));
                }
                Presence::Present | Presence::Different | Presence::NotRequired => {}
            }
        }
        if let Some(id) = self.to_be_renamed(step) {
            return Err(format!("{} renames {id}, which is there and not made by this plan", step.place()));
        }
        for id in &step.alters {
            self.may_alter(at, step, id, is_put_right(id), repeats)?;
        }
        for id in &step.passing {
            if !self.is_new(id) && !self.is_part_of(step, id) && !self.look.is_absent(id) {
                return Err(format!(
                    "{} made {id}, which later statements change into something else, and {id} is there: what \
                     remains to be done must be judged by a person",
                    step.place()
                ));
            }
        }
        self.may_drop(at, step)
    }

    fn may_alter(
        &self,
        at: usize,
        step: &Step,
        id: &ComponentId,
        puts_right: bool,
        repeats: bool,
    ) -> Result<(), String> {
        if puts_right || self.is_new(id) {
            return Ok(());
        }
        match self.look.presence(id) {
            Presence::Missing if step.traits.may_repeat => Ok(()),
            Presence::Missing => {
                Err(format!("{} changes {id}, which is missing and not planned", step.place()))
            }
            Presence::Unknown(why) => {
                Err(format!("it is not known how {id} is, which {} changes: {why}", step.place()))
            }
            Presence::Different if self.is_not_null_already(step, id) => Ok(()),
            Presence::Different => {
                Err(format!("{} changes {id} too, which is not as declared", step.place()))
            }
            Presence::Present | Presence::NotRequired => {
                let is_last = self.history.made_by.get(id).and_then(|made_by| made_by.last()) == Some(&at);
                let touch = &step.touch;
                let is_said = touch.changes.contains(id) && !touch.once.contains(id);
                let repeats = (repeats || is_said) && !step.traits.converts;
                if repeats && is_last || self.is_not_null_already(step, id) {
                    Ok(())
                } else {
                    Err(format!("{} changes {id} too, which is as it should be", step.place()))
                }
            }
        }
    }

    /// Whether all that the statement would do to a column is that a key makes it NOT NULL, which it is, as declared.
    fn is_not_null_already(&self, step: &Step, id: &ComponentId) -> bool {
        let declared = self.look.requirements.components.get(id).map(|requirement| &requirement.shape);
        let is_declared = matches!(declared, Some(Shape::Column(column)) if column.not_null == Some(true));
        let differences = self.look.finding(id).into_iter().flat_map(|finding| &finding.differences);
        is_declared
            && differences.into_iter().all(|difference| difference.part != "not null")
            && step.touch.implies.contains(id)
            && !step.touch.changes.contains(id)
    }

    /// What a component hangs on must be there, or be made before or by the same statement.
    fn rests_on(&self, step: &Step, id: &ComponentId) -> Result<(), String> {
        let Some(because_of) = self.look.finding(id).and_then(|finding| finding.because_of.as_ref()) else {
            return Ok(());
        };
        // A sequence may get its owner later.
        if id.kind == Kind::Sequence && !step.touch.changes.contains(id) {
            return Ok(());
        }
        // What goes elsewhere later rests on nothing there yet.
        let is_final = step.passing.is_empty() || step.touch.creates.contains(id);
        if !is_final
            || self.is_new(because_of)
            || step.makes.contains(because_of)
            || self.look.presence(because_of) != Presence::Missing
        {
            return Ok(());
        }
        Err(format!("{because_of} is missing and not planned"))
    }

    /// Whether something hangs on what the same statement makes.
    fn is_part_of(&self, step: &Step, id: &ComponentId) -> bool {
        let makes = |relation: &QualifiedName| {
            step.makes.iter().any(|made| {
                made.kind.is_relation()
                    && matches!(&made.name, ComponentName::InSchema(name) if name == relation)
                    && self.look.presence(made) == Presence::Missing
            })
        };
        id.relation().is_some_and(makes)
    }

    pub(super) fn may_drop(&self, at: usize, step: &Step) -> Result<Option<String>, String> {
        for (id, if_exists) in &step.touch.drops {
            if !if_exists && self.is_dropped_before(at, id) {
                return Err(format!("{} drops {id}, which is gone by then", step.place()));
            }
            if self.is_new_by_name(at, id) || (*if_exists && self.look.is_absent(id)) {
                continue;
            }
            return match &step.markers.allow_destructive {
                Some(reason) => Ok(Some(format!("drops {id}, which its author allows: {reason}"))),
                None => Err(format!(
                    "{} drops {id}: nothing is dropped without the marker allow-destructive",
                    step.place()
                )),
            };
        }
        Ok(None)
    }

    /// Whether a statement of the plan dropped it, and none since may have made it again.
    fn is_dropped_before(&self, at: usize, id: &ComponentId) -> bool {
        if !matches!(id.kind, Kind::Column | Kind::Table | Kind::Sequence) {
            return false;
        }
        let relation = id.relation().map(|relation| ComponentId::in_schema(Kind::Table, relation.clone()));
        let may_make = |step: &Step| {
            let touch = &step.touch;
            let made = |id: &ComponentId| {
                touch.creates.contains(id) || touch.renames_to.contains(id) || touch.keeps.contains(id)
            };
            touch.not_modelled || made(id) || relation.as_ref().is_some_and(made)
        };
        let steps = self.chosen.steps.range(..at).rev();
        let mut steps = steps.filter_map(|(other, _)| self.history.steps.get(*other));
        let last =
            steps.find(|step| may_make(step) || step.touch.drops.iter().any(|(dropped, _)| dropped == id));
        last.is_some_and(|step| !may_make(step))
    }

    /// What the statement would rename, and was there before the plan.
    fn to_be_renamed<'s>(&self, step: &'s Step) -> Option<&'s ComponentId> {
        step.touch.renames_from.iter().find(|id| !self.is_new(id) && !self.look.is_absent(id))
    }

    /// Whether the database stands in the middle of a history that gives things other names: what a name in a later
    /// statement means is then a guess.
    pub(super) fn stands_in_the_middle(&self, step: &Step) -> bool {
        let is_there =
            |id: &ComponentId| !self.is_new(id) && !self.is_part_of(step, id) && !self.look.is_absent(id);
        self.to_be_renamed(step).is_some() || step.passing.iter().any(is_there)
    }
}
