//! Different components: what the author's own statements put right when they run again.

use std::collections::{BTreeMap, BTreeSet};

use super::history::History;
use super::look::Look;
use super::select::Refusal;
use super::template;
use super::touch::Touch;
use crate::core::audit::finding::{Finding, State};
use crate::core::component::ComponentId;
use crate::core::definition::Part;
use crate::core::kind::{Kind, Shape};

/// The statements that put something right, each with what; and why the rest is not put right.
pub(super) type PutRight = (BTreeMap<usize, BTreeSet<ComponentId>>, BTreeMap<ComponentId, Refusal>);

/// For each component that is different: the statements that put it right.
pub(super) fn to_put_right(history: &History, look: &Look<'_>) -> PutRight {
    let (mut steps, mut refused) = PutRight::default();
    for finding in look.report.findings.iter().filter(|finding| finding.state == State::Different) {
        let id = &finding.component;
        if let Some(again) = again(history, look, finding) {
            for at in again {
                steps.entry(at).or_default().insert(id.clone());
            }
        } else {
            let reason =
                "it is there with another shape, and no statement puts that right when it runs again"
                    .to_owned();
            refused.insert(id.clone(), Refusal { reason, template: template::of(id, look) });
        }
    }
    (steps, refused)
}

/// The statements to run again, in order; `None` where that would not put it right, or might do more.
fn again(history: &History, look: &Look<'_>, finding: &Finding) -> Option<Vec<usize>> {
    let id = &finding.component;
    let made_by = history.made_by.get(id).filter(|made_by| !made_by.is_empty())?;
    if matches!(
        id.kind,
        Kind::Comment | Kind::Grant | Kind::DefaultPrivilege | Kind::Membership | Kind::Owner
    ) {
        let can_repeat = |at: &usize| history.steps.get(*at).is_some_and(|step| step.traits.may_repeat);
        return made_by.iter().all(can_repeat).then(|| made_by.clone());
    }
    replacement(history, look, finding, made_by).or_else(|| tail(history, look, id, made_by))
}

/// From the last OR REPLACE on, where what differs is something that OR REPLACE may change.
fn replacement(
    history: &History,
    look: &Look<'_>,
    finding: &Finding,
    made_by: &[usize],
) -> Option<Vec<usize>> {
    let fixed: &[&str] = match finding.component.kind {
        // The result, and the names of arguments, cannot be replaced (`ProcedureCreate` in `pg_proc.c`).
        Kind::Function => {
            &["sort", "returns", "argument names", "columns of the result", "number of argument defaults"]
        }
        // Columns can only be added at the end (`checkViewColumns` in `view.c`): what a person should see.
        Kind::View => &["columns"],
        Kind::Trigger if look.report.server.major() >= 14 => &["constraint"],
        Kind::Rule => &["event"],
        _ => return None,
    };
    if finding.differences.iter().any(|difference| fixed.contains(&difference.part)) {
        return None;
    }
    let replaces = |at: &&usize| history.steps.get(**at).is_some_and(|step| step.traits.replaces);
    let last = made_by.iter().rev().find(replaces)?;
    Some(made_by.iter().copied().filter(|at| at >= last).collect())
}

/// The statements after the one whose result is what is there.
fn tail(history: &History, look: &Look<'_>, id: &ComponentId, made_by: &[usize]) -> Option<Vec<usize>> {
    let observed = look.observation.catalog.get(id)?;
    let is_what_is_there = |before: &Shape| {
        let before = with_normals(before, id, look);
        before.compare(observed).is_some_and(|comparison| {
            comparison.differences.is_empty()
                && comparison.not_compared.is_empty()
                && comparison.unseen.is_none()
        })
    };
    // The first statement made it: before that there was nothing.
    let start = made_by.iter().skip(1).rev().find(|at| {
        let step = history.steps.get(**at);
        let before = step.into_iter().flat_map(|step| &step.before).find(|(other, _)| other == id);
        before.is_some_and(|(_, before)| is_what_is_there(before))
    });
    let tail: Vec<usize> = match start {
        Some(start) => made_by.iter().copied().filter(|at| at >= start).collect(),
        None if is_only_changed(history, id, made_by) => made_by.to_vec(),
        None => return None,
    };
    let takes_away = |at: &usize| history.steps.get(*at).is_none_or(|step| step.touch.takes_away);
    (!tail.iter().any(takes_away)).then_some(tail)
}

/// Whether no statement makes it (others do, which are not read here), and each says what a part of it is to be, whatever
/// that was: then nothing is declared of it but what they say.
fn is_only_changed(history: &History, id: &ComponentId, made_by: &[usize]) -> bool {
    made_by.iter().all(|at| {
        history.steps.get(*at).is_some_and(|step| {
            let Touch { changes, once, implies, .. } = &step.touch;
            let is_said = changes.contains(id) || implies.contains(id);
            step.alters.contains(id) && is_said && !once.contains(id) && !step.traits.converts
        })
    })
}

/// An earlier shape, with what the planner said of those of its definitions that are still declared.
fn with_normals(before: &Shape, id: &ComponentId, look: &Look<'_>) -> Shape {
    let mut texts: BTreeMap<Part, String> = BTreeMap::new();
    if let Some(requirement) = look.requirements.components.get(id) {
        requirement.shape.clone().definitions(&mut |part, slot| {
            texts.extend(slot.as_ref().map(|definition| (part, definition.text.clone())));
        });
    }
    let mut before = before.clone();
    before.definitions(&mut |part, slot| {
        if let Some(definition) = slot
            && texts.get(&part) == Some(&definition.text)
        {
            definition.normal = look.observation.normals.get(&(id.clone(), part)).cloned();
        }
    });
    before
}
