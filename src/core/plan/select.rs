//! Which statements run: those of which something is missing, and those that touch what the plan makes.
//!
//! The statements are walked in the order in which they would build everything. One is *needed* if something that it
//! makes is missing, if it touches what the plan made before, or if it puts right what is different. It *may* run only
//! where nothing of what it does is a guess: what it makes was seen to be missing, what it changes was made by this plan,
//! or is known to be as it was before it, and it destroys nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::Skipped;
use super::block::words_of_variables;
use super::history::{History, Step};
use super::look::{Look, RELATIONS};
use super::order::{is_named_alone, words, words_of_body};
use super::replace::to_put_right;
use super::statement::Form;
use crate::core::audit::requirement::FeatureRef;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::name::QualifiedName;

mod gone;
mod ground;
mod may_run;
mod new;
mod walk;

use ground::resting_on_nothing;
use walk::Walk;

/// The statements that run.
#[derive(Debug, Default)]
pub(super) struct Chosen {
    /// By their places in the history.
    pub steps: BTreeMap<usize, Choice>,
    /// What they create.
    pub made: BTreeSet<ComponentId>,
    /// What they create that in the end is gone, goes by another name, or is made anew.
    pub passing: BTreeSet<ComponentId>,
    /// What they put right.
    pub put_right: BTreeSet<ComponentId>,
    /// Why what is missing or different is not made by a statement that makes it.
    pub refused: BTreeMap<ComponentId, Refusal>,
    /// What does not run, though something of it may be wanted.
    pub skipped: Vec<Skipped>,
    /// Statements that ran, but for which a later one that changes what they make may not run.
    stopped: BTreeMap<usize, String>,
    /// The features in the middle of whose history the database stands, with the statement.
    unfinished: BTreeMap<FeatureRef, String>,
}

/// Why a statement runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Choice {
    /// What it creates that is missing.
    pub makes: Vec<ComponentId>,
    /// Whether it changes what was there before the plan.
    pub replaces: bool,
    /// What it destroys, where its author allows that.
    pub destroys: Option<String>,
}

/// Why a component is not made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub reason: String,
    pub template: Vec<String>,
}

impl Chosen {
    /// Whether the plan makes a relation of this name.
    pub(super) fn is_new_relation(&self, relation: &QualifiedName) -> bool {
        RELATIONS.iter().any(|kind| {
            let id = ComponentId::in_schema(*kind, relation.clone());
            self.made.contains(&id) || self.passing.contains(&id)
        })
    }
}

/// Chooses the statements.
pub(super) fn select(history: &History, look: &Look<'_>) -> Chosen {
    let (put_right, refused) = to_put_right(history, look);
    let from_nothing = is_nothing_there(history, look);
    let mut on_the_way = BTreeSet::new();
    let mut without_ground = BTreeMap::new();
    // Each round adds to one of the two, so that it comes to an end.
    loop {
        let walk = Walk {
            history,
            look,
            from_nothing,
            put_right: &put_right,
            on_the_way: &on_the_way,
            without_ground: &without_ground,
            chosen: Chosen { refused: refused.clone(), ..Chosen::default() },
        };
        let chosen = walk.run();
        let more = needed_on_the_way(history, &chosen, &on_the_way);
        let mut stopped = resting_on_nothing(history, look, &chosen);
        // What is to be made on the way is not gone.
        if more.is_empty() {
            stopped.extend(gone::without_key(history, look, &chosen));
            stopped.extend(gone::named_as_before(history, look, &chosen));
        }
        stopped.extend(chosen.stopped.clone());
        if more.is_empty() && stopped.is_empty() {
            return chosen;
        }
        on_the_way.extend(more);
        without_ground.extend(stopped);
    }
}

/// Whether nothing that statements make was seen, but for what may be there without them: schemas, extensions, roles.
fn is_nothing_there(history: &History, look: &Look<'_>) -> bool {
    let counts =
        |id: &&ComponentId| is_named_alone(id.kind) && !matches!(id.kind, Kind::Schema | Kind::Extension);
    let made = history.steps.iter().flat_map(|step| step.makes.iter().chain(&step.passing));
    let required = look.report.findings.iter().map(|finding| &finding.component);
    made.chain(required).filter(counts).all(|id| look.is_absent(id))
}

/// Statements that only make what in the end is gone, where one that runs names it before it goes.
fn needed_on_the_way(history: &History, chosen: &Chosen, known: &BTreeSet<usize>) -> BTreeSet<usize> {
    let only_passing = |step: &Step| !step.passing.is_empty() && step.makes.is_empty();
    let mut candidates = history.steps.iter().enumerate().filter(|(_, step)| only_passing(step)).peekable();
    if candidates.peek().is_none() {
        return BTreeSet::new();
    }
    // What is made only on the way is called on the way: what its body names must be there, as for a DO block.
    let called = called(history, chosen);
    let runs = |step: &Step| {
        let is_called = || step.touch.creates.iter().filter_map(own_name).any(|name| called.contains(&name));
        only_passing(step) || step.traits.form == Form::Block || makes_routine(step) && is_called()
    };
    let words = |step: &Step| {
        let mut words = words(step);
        if runs(step) {
            words.extend(words_of_body(step));
        }
        words.extend(words_of_variables(step));
        words
    };
    let named: BTreeMap<usize, BTreeSet<String>> =
        chosen.steps.keys().filter_map(|at| Some((*at, words(history.steps.get(*at)?)))).collect();
    let is_named = |at: usize, id: &ComponentId| {
        let gone = |step: &Step| step.touch.drops.iter().any(|(dropped, _)| dropped == id);
        let end = (at + 1..history.steps.len()).find(|at| history.steps.get(*at).is_some_and(gone));
        let Some(name) = own_name(id) else { return false };
        named.range(at + 1..=end.unwrap_or(usize::MAX)).any(|(_, words)| words.contains(&name))
    };
    candidates
        .filter(|(at, _)| !known.contains(at) && !chosen.steps.contains_key(at))
        .filter(|(at, step)| step.passing.iter().any(|id| is_named_alone(id.kind) && is_named(*at, id)))
        .map(|(at, _)| at)
        .collect()
}

/// What the chosen statements may call, by words: SELECT, CALL and blocks, and the bodies of what those call.
fn called(history: &History, chosen: &Chosen) -> BTreeSet<String> {
    let steps = || chosen.steps.keys().filter_map(|at| history.steps.get(*at));
    let calls = |step: &&Step| {
        let first = step.text().split_whitespace().next().unwrap_or_default();
        ["select", "call", "do", "with"].iter().any(|word| first.eq_ignore_ascii_case(word))
    };
    let all_words = |step: &Step| words(step).into_iter().chain(words_of_body(step)).collect::<Vec<_>>();
    let mut called: BTreeSet<String> = steps().filter(calls).flat_map(all_words).collect();
    let mut routines: Vec<&Step> =
        if called.is_empty() { Vec::new() } else { steps().filter(|it| makes_routine(it)).collect() };
    loop {
        let is_called =
            |step: &&Step| step.touch.creates.iter().filter_map(own_name).any(|name| called.contains(&name));
        let (now, rest): (Vec<&Step>, Vec<&Step>) = routines.into_iter().partition(is_called);
        if now.is_empty() {
            return called;
        }
        called.extend(now.into_iter().flat_map(all_words));
        routines = rest;
    }
}

fn makes_routine(step: &Step) -> bool {
    step.touch.creates.iter().any(|id| matches!(id.name, ComponentName::Routine { .. }))
}

/// The last part of a name, in lower case.
pub(super) fn own_name(id: &ComponentId) -> Option<String> {
    let name = match &id.name {
        ComponentName::Global(name) | ComponentName::OnRelation { name, .. } => name,
        ComponentName::InSchema(name) | ComponentName::Routine { name, .. } => &name.name,
        _ => return None,
    };
    Some(name.as_str().to_lowercase())
}
