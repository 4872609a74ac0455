//! Segments: what runs in one transaction, and what cannot run in any.

use super::history::{History, Step};
use super::select::{Choice, Chosen};
use super::statement::Place;
use super::{Locked, PlannedStatement, Segment};
use crate::core::name::Identifier;

/// Cuts the statements, in their order, into segments.
pub(super) fn segments(
    history: &History,
    chosen: &Chosen,
    order: &[usize],
    extension_schemas: &[Identifier],
) -> Vec<Segment> {
    let mut segments: Vec<Segment> = Vec::new();
    let (mut is_open, mut adds_labels) = (false, false);
    for at in order {
        let (Some(step), Some(choice)) = (history.steps.get(*at), chosen.steps.get(at)) else { continue };
        let alone = step.traits.place == Place::Alone;
        let adds_label = step.traits.place == Place::CommitAfter;
        if alone || !is_open || (adds_labels && !adds_label) {
            segments.push(Segment { transactional: !alone, statements: Vec::new() });
        }
        let Some(segment) = segments.last_mut() else { continue };
        segment.statements.push(planned(step, chosen, choice, extension_schemas));
        (is_open, adds_labels) = (!alone, adds_label);
    }
    segments
}

fn planned(
    step: &Step,
    chosen: &Chosen,
    choice: &Choice,
    extension_schemas: &[Identifier],
) -> PlannedStatement {
    let mut search_path = step.search_path.to_vec();
    search_path.extend(extension_schemas.iter().filter(|schema| !step.search_path.contains(schema)).cloned());
    let mut planned = PlannedStatement {
        text: step.text().to_owned(),
        feature: step.feature.clone(),
        position: step.position.clone(),
        makes: choice.makes.clone(),
        replaces: choice.replaces,
        search_path,
        settings: step.settings.clone(),
        locks: Vec::new(),
        hazards: choice.destroys.iter().cloned().collect(),
    };
    for concern in step.traits.concerns.iter().filter(|concern| !chosen.is_new_relation(&concern.relation)) {
        planned.locks.push(Locked { relation: concern.relation.clone(), mode: concern.lock });
        let hazards = concern.hazards.iter();
        planned.hazards.extend(hazards.map(|hazard| format!("{}: {hazard}", concern.relation)));
    }
    if step.touch.not_modelled {
        planned.hazards.push("what it does is not known in full".to_owned());
    }
    planned
}
