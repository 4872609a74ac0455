//! Segments: what runs in one transaction, and what cannot run in any.

use super::concern::Concern;
use super::hazard::{DESTROYS, Hazard, INDEX_TAKES_DISK, NOT_KNOWN, NOT_NULL_READS_TABLE};
use super::history::{History, Step};
use super::need::{Need, Object};
use super::select::{Choice, Chosen};
use super::statement::{Form, Place};
use super::{Locked, PlannedStatement, Segment};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::name::Identifier;
use crate::core::sql::lex::{Lexer, TokenKind};

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
    if !may_find_another(step) {
        let others = extension_schemas.iter().filter(|schema| !step.search_path.contains(schema));
        search_path.extend(others.cloned());
    }
    let mut planned = PlannedStatement {
        text: step.text().to_owned(),
        feature: step.feature.clone(),
        position: step.position.clone(),
        makes: choice.makes.clone(),
        replaces: choice.replaces,
        search_path,
        settings: step.settings.clone(),
        locks: Vec::new(),
        hazards: Vec::new(),
        needs: needs(step, chosen),
        passing: step.passing.clone(),
        is_known: is_known(step),
    };
    let destroys = choice.destroys.iter().map(|what| Hazard::new(&DESTROYS, Some(what.clone())));
    planned.hazards.extend(destroys);
    for concern in step.traits.concerns.iter().filter(|concern| !chosen.is_new_relation(&concern.relation)) {
        let relation = &concern.relation;
        planned.locks.push(Locked { relation: relation.clone(), mode: concern.lock, size: None });
        let dangers = concern.dangers.iter().filter(|(rule, _)| *rule != &INDEX_TAKES_DISK);
        planned.hazards.extend(dangers.map(|(rule, detail)| Hazard {
            relation: Some(relation.clone()),
            ..Hazard::new(rule, detail.clone())
        }));
    }
    // A key makes its columns NOT NULL, for which the rows are read where they are not yet.
    for id in step.touch.implies.iter().filter(|id| chosen.put_right.contains(id)) {
        if let ComponentName::OnRelation { relation, name } = &id.name {
            planned.hazards.push(Hazard {
                relation: Some(relation.clone()),
                ..Hazard::new(&NOT_NULL_READS_TABLE, Some(name.as_str().to_owned()))
            });
        }
    }
    // What it changes of a type that the plan makes costs nothing.
    if !step.touch.changes.iter().all(|id| chosen.made.contains(id)) {
        let dangers = step.traits.dangers.iter();
        planned.hazards.extend(dangers.map(|(rule, detail)| Hazard::new(rule, detail.clone())));
    }
    if !is_known(step) {
        planned.hazards.push(Hazard::new(&NOT_KNOWN, None));
    }
    planned
}

/// Whether it may take away or change what goes by a name that was not looked for: in one more schema, IF EXISTS may find
/// what nobody meant. The body of a function does nothing yet, that of a DO block does.
fn may_find_another(step: &Step) -> bool {
    let text = step.text().to_ascii_lowercase();
    if step.traits.form == Form::Block {
        return says_if_exists(&text) || text.contains("drop") || !step.touch.drops.is_empty();
    }
    let tokens =
        Lexer::new(&text).filter(|token| token.kind == TokenKind::Word || token.kind == TokenKind::Open);
    let words: Vec<&str> = tokens.filter_map(|token| text.get(token.range)).collect();
    says_if_exists(&words.join(" "))
}

/// Whether lower-case text says IF EXISTS of an object; IF EXISTS (SELECT ...) is a condition.
fn says_if_exists(text: &str) -> bool {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut after = text.split("if exists").skip(1).map(str::trim_start);
    after.any(|after| !after.starts_with('('))
}

/// Whether what it does is known in full. Of UPDATE and DELETE, it is known that they change rows.
fn is_known(step: &Step) -> bool {
    !step.touch.not_modelled || !step.touch.changes_rows.is_empty()
}

/// What a statement needs of what the plan does not make.
fn needs(step: &Step, chosen: &Chosen) -> Vec<Need> {
    let traits = &step.traits;
    let builds_index =
        |concern: &&Concern| concern.dangers.iter().any(|(rule, _)| *rule == &INDEX_TAKES_DISK);
    let disk =
        traits.concerns.iter().filter(builds_index).map(|concern| Need::Disk(concern.relation.clone()));
    // COMMENT, GRANT and OWNER TO: their parse trees name objects in many forms, their effects in one.
    let spoken_of = step.makes.iter().chain(&step.alters).filter_map(|id| match &id.name {
        ComponentName::OnObject { object, .. } => {
            let object = owned(object)?;
            Some(if id.kind == Kind::Grant { Need::Grant(object) } else { Need::Own(object) })
        }
        _ => None,
    });
    let is_met = |need: &Need| match need {
        Need::Schema(name) | Need::Own(Object::Schema(name)) | Need::Grant(Object::Schema(name)) => {
            makes(chosen, &ComponentId::global(Kind::Schema, name.clone()))
        }
        Need::Own(Object::Relation(name)) | Need::Grant(Object::Relation(name)) => {
            chosen.is_new_relation(name)
                || [Kind::Sequence, Kind::Index]
                    .iter()
                    .any(|kind| makes(chosen, &ComponentId::in_schema(*kind, name.clone())))
        }
        Need::Privilege(name, _) | Need::Disk(name) => chosen.is_new_relation(name),
        Need::Own(Object::Type(name)) | Need::Grant(Object::Type(name)) => {
            makes(chosen, &ComponentId::in_schema(Kind::Type, name.clone()))
        }
        Need::Role(name) | Need::Member(name) => {
            makes(chosen, &ComponentId::global(Kind::Role, name.clone()))
        }
        Need::Language(name) => makes(chosen, &ComponentId::global(Kind::Language, name.clone())),
        _ => false,
    };
    let mut needs: Vec<Need> = Vec::new();
    for need in traits.needs.iter().cloned().chain(disk).chain(spoken_of) {
        if !is_met(&need) && !needs.contains(&need) {
            needs.push(need);
        }
    }
    needs
}

fn makes(chosen: &Chosen, id: &ComponentId) -> bool {
    chosen.made.contains(id) || chosen.passing.contains(id)
}

/// What of an object has the owner that counts.
fn owned(object: &ComponentId) -> Option<Object> {
    match (&object.name, object.kind) {
        (ComponentName::Global(name), Kind::Schema) => Some(Object::Schema(name.clone())),
        (ComponentName::OnRelation { relation, .. }, kind) if kind != Kind::Type => {
            Some(Object::Relation(relation.clone()))
        }
        (ComponentName::InSchema(name), Kind::Type) => Some(Object::Type(name.clone())),
        (
            ComponentName::InSchema(name),
            Kind::Table
            | Kind::View
            | Kind::MaterializedView
            | Kind::ForeignTable
            | Kind::Index
            | Kind::Sequence,
        ) => Some(Object::Relation(name.clone())),
        (ComponentName::Routine { name, .. }, _) => Some(Object::Routine(name.clone())),
        _ => None,
    }
}
