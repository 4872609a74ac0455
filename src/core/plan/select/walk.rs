//! The walk over a history: each statement is chosen, refused or passed over.

use std::collections::{BTreeMap, BTreeSet};

use super::{Choice, Chosen, Refusal};
use crate::core::audit::finding::State;
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::plan::history::{History, Step};
use crate::core::plan::look::{Look, Presence};
use crate::core::plan::statement::Form;
use crate::core::plan::{Skipped, template};

pub(super) struct Walk<'a> {
    pub(super) history: &'a History,
    pub(super) look: &'a Look<'a>,
    /// Whether nothing of the whole history is there.
    pub(super) from_nothing: bool,
    /// What each statement puts right when it runs again.
    pub(super) put_right: &'a BTreeMap<usize, BTreeSet<ComponentId>>,
    /// The statements that are needed for what they make on the way.
    pub(super) on_the_way: &'a BTreeSet<usize>,
    /// Statements that cannot run, with the reason: they name what is missing and not planned, or what comes after them
    /// in the history of a component cannot run.
    pub(super) without_ground: &'a BTreeMap<usize, String>,
    pub(super) chosen: Chosen,
}

impl Walk<'_> {
    pub(super) fn run(mut self) -> Chosen {
        let history = self.history;
        for (at, step) in history.steps.iter().enumerate() {
            match &step.traits.form {
                Form::Transaction | Form::Setting(..) | Form::Discard { .. } => {}
                Form::Unlocks => self.skip(
                    step,
                    "gives back the lock of migrations, without which another one may begin: it is never planned",
                ),
                Form::Destroys => self.skip(step, "drops what it does not name: it is never planned"),
                Form::Copy => self.skip(step, "the data of COPY are not planned: load them by hand"),
                _ if step.markers.when_missing.is_some() => self.marked(at, step),
                _ => self.step(at, step),
            }
        }
        for (feature, place) in &self.chosen.unfinished {
            let reason = format!(
                "the database stands in the middle of a history, at {place}, after which names mean something \
                 else: a person must finish that first"
            );
            let of_feature =
                |at: &&usize| history.steps.get(**at).is_some_and(|step| step.feature == *feature);
            let stopped: Vec<usize> = self.chosen.steps.keys().filter(of_feature).copied().collect();
            self.chosen.stopped.extend(stopped.into_iter().map(|at| (at, reason.clone())));
        }
        self.chosen
    }

    fn step(&mut self, at: usize, step: &Step) {
        for (id, whole) in self.kept_apart(step) {
            let reason = format!("{} makes it together with {whole}, which is there", step.place());
            self.refuse(at, step, vec![id], &reason);
        }
        let missing = self.missing(step);
        if !self.is_needed(at, step, &missing) {
            return self.pass_over(at, step);
        }
        match self.may_run(at, step) {
            Ok(destroys) => self.choose(at, step, missing, destroys),
            Err(reason) => {
                if self.stands_in_the_middle(step) {
                    self.chosen.unfinished.entry(step.feature.clone()).or_insert_with(|| step.place());
                }
                self.stop_history(at, step, &reason);
                self.refuse(at, step, missing, &reason);
            }
        }
    }

    /// A component is made by all statements of its history or by none: those that made what this one would change
    /// must not run either.
    fn stop_history(&mut self, at: usize, step: &Step, reason: &str) {
        // The owner that a sequence gets is a part of it.
        let owned = || step.touch.changes.iter().filter(|id| id.kind == Kind::Sequence);
        let touched = |choice: &Choice, other: &Step| {
            step.alters
                .iter()
                .chain(&step.passing)
                .chain(owned())
                .any(|id| choice.makes.contains(id) || other.alters.contains(id) && self.is_new(id))
        };
        let makers = self.chosen.steps.iter().filter(|(other, choice)| {
            **other != at && self.history.steps.get(**other).is_some_and(|other| touched(choice, other))
        });
        let makers: Vec<usize> = makers.map(|(other, _)| *other).collect();
        self.chosen.stopped.extend(makers.into_iter().map(|other| (other, reason.to_owned())));
    }

    fn choose(&mut self, at: usize, step: &Step, makes: Vec<ComponentId>, destroys: Option<String>) {
        let puts_right = self.put_right.get(&at);
        self.chosen.put_right.extend(puts_right.into_iter().flatten().cloned());
        for id in &makes {
            self.chosen.refused.remove(id);
        }
        self.chosen.made.extend(makes.iter().cloned());
        self.chosen.passing.extend(step.passing.iter().cloned());
        self.chosen.steps.insert(at, Choice { makes, replaces: puts_right.is_some(), destroys });
    }

    fn refuse(&mut self, at: usize, step: &Step, missing: Vec<ComponentId>, reason: &str) {
        let puts_right = self.put_right.get(&at).into_iter().flatten().cloned();
        let ids: Vec<ComponentId> = missing.into_iter().chain(puts_right).collect();
        if ids.is_empty() {
            return self.skip(step, reason);
        }
        for id in ids {
            let template = template::of(&id, self.look);
            self.chosen.refused.entry(id).or_insert_with(|| Refusal { reason: reason.to_owned(), template });
        }
    }

    /// What is not needed for a component, but may be wanted all the same.
    fn pass_over(&mut self, at: usize, step: &Step) {
        let touch = &step.touch;
        if let Some((id, _)) = touch.drops.iter().find(|(id, _)| !self.look.is_absent(id)) {
            let is_required = self.look.finding(id).is_some();
            return match &step.markers.allow_destructive {
                Some(reason) if !is_required => {
                    let destroys = Some(format!("drops {id}, which its author allows: {reason}"));
                    self.choose(at, step, Vec::new(), destroys);
                }
                // What is made anew afterwards, and is there.
                _ if is_required => {}
                _ => self.skip(
                    step,
                    &format!(
                        "drops {id}, which is there: it is not dropped without the marker allow-destructive"
                    ),
                ),
            };
        }
        if !step.makes.is_empty() || !step.alters.is_empty() || !touch.drops.is_empty() {
            return self.skip_unknown(step);
        }
        match &step.traits.form {
            Form::Insert(into) => {
                return self.skip(
                    step,
                    &format!("which rows it makes is not known, and {into} is not made by this plan"),
                );
            }
            Form::Refresh(_) => return,
            _ => {}
        }
        if !step.passing.is_empty() {
            // Gone again in the end, and nothing that runs needs it.
            return;
        }
        if let Some((relation, _)) = touch.changes_rows.first() {
            if step.markers.allow_destructive.is_some() && self.is_absent_feature(step) {
                let destroys = Some(format!("changes rows of {relation}, which its author allows"));
                return self.choose(at, step, Vec::new(), destroys);
            }
            return self.skip(step, &format!("changes rows of {relation}, which were there before"));
        }
        if touch.is_modelled && !touch.not_modelled {
            return;
        }
        if let Some(reason) = self.without_ground.get(&at) {
            self.skip(step, reason);
        } else if self.is_absent_feature(step) {
            self.choose(at, step, Vec::new(), None);
        } else if touch.not_modelled {
            self.skip(
                step,
                "what it does is not known, and a part of its feature is there: the marker when-missing COMPONENT \
                 says when it is to run",
            );
        }
    }

    /// Nothing is planned for what could not be seen.
    fn skip_unknown(&mut self, step: &Step) {
        let unknown = step.makes.iter().find_map(|id| match self.look.presence(id) {
            Presence::Unknown(why) => Some(format!("it is not known whether {id} is there: {why}")),
            _ => None,
        });
        if let Some(reason) = unknown {
            self.skip(step, &reason);
        }
    }

    /// A statement whose author says when it is to run.
    fn marked(&mut self, at: usize, step: &Step) {
        let wanted = step.markers.when_missing.as_deref().unwrap_or_default();
        let schema = self.look.requirements.default_schema.as_ref();
        let is_meant = |id: &&ComponentId| {
            let shown = id.to_string();
            let short = schema.map(|schema| shown.replacen(&format!("/{schema}."), "/", 1));
            shown == wanted || short.as_deref() == Some(wanted)
        };
        let Some(id) = self.look.requirements.components.keys().find(is_meant) else {
            return self
                .skip(step, &format!("its marker when-missing names {wanted}, which is not required"));
        };
        match self.look.presence(id) {
            Presence::Missing if self.without_ground.contains_key(&at) => {
                let reason = self.without_ground.get(&at).cloned().unwrap_or_default();
                self.skip(step, &reason);
            }
            Presence::Missing => match self.may_drop(at, step) {
                Ok(destroys) => {
                    let makes = self.missing(step);
                    self.choose(at, step, makes, destroys);
                }
                Err(reason) => self.skip(step, &reason),
            },
            Presence::Unknown(why) => {
                self.skip(step, &format!("it is not known whether {id} is there: {why}"));
            }
            Presence::Present | Presence::Different | Presence::NotRequired => {}
        }
    }

    /// Whether nothing of the feature is there. Where it leaves nothing in the end, nothing of all features must be.
    fn is_absent_feature(&self, step: &Step) -> bool {
        let mut own = self
            .look
            .report
            .findings
            .iter()
            .filter(|finding| finding.features.first() == Some(&step.feature))
            .peekable();
        (own.peek().is_some() || self.from_nothing)
            && own.all(|finding| {
                finding.state == State::Missing || self.look.presence(&finding.component) == Presence::Missing
            })
    }

    fn skip(&mut self, step: &Step, reason: &str) {
        self.chosen.skipped.push(Skipped {
            feature: Some(step.feature.clone()),
            position: Some(step.position.clone()),
            component: None,
            reason: reason.to_owned(),
        });
    }
}
