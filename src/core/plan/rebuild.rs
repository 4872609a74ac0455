//! Indexes that a failed `CREATE INDEX CONCURRENTLY` left behind: they are there, cost every write, and no query uses
//! them. No statement of a feature puts that right. A plan that is asked to drops them, just before it makes them again.

use std::collections::BTreeSet;

use super::hazard::{self, Hazard, LockMode};
use super::need::{Need, Object};
use super::{Locked, Plan, PlannedStatement, Segment, digest};
use crate::core::audit::finding::State;
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::quoting;

/// The required indexes that are there, and cannot be used.
#[must_use]
pub fn invalid_indexes(observation: &Observation, report: &Report) -> BTreeSet<ComponentId> {
    let is_invalid = |id: &ComponentId| {
        id.kind == Kind::Index
            && matches!(observation.catalog.get(id), Some(Shape::Index(index)) if index.valid == Some(false))
    };
    let different = report.findings.iter().filter(|finding| finding.state == State::Different);
    different.map(|finding| &finding.component).filter(|id| is_invalid(id)).cloned().collect()
}

/// The tables that they are on.
#[must_use]
pub fn tables(observation: &Observation, report: &Report) -> BTreeSet<QualifiedName> {
    let indexes = invalid_indexes(observation, report);
    indexes.iter().filter_map(|id| table_of(id, observation)).collect()
}

fn table_of(id: &ComponentId, observation: &Observation) -> Option<QualifiedName> {
    match observation.catalog.get(id) {
        Some(Shape::Index(index)) => index.relation.clone(),
        _ => None,
    }
}

/// What was seen, as if these were not there.
pub(super) fn without(observation: &Observation, ids: &BTreeSet<ComponentId>) -> Observation {
    let mut other = observation.clone();
    for id in ids {
        other.catalog.remove(id);
    }
    other
}

/// Puts a DROP before each segment that makes one of these indexes. The plan was made as if they were not there.
pub(super) fn drop_first(plan: &mut Plan, ids: &BTreeSet<ComponentId>, observation: &Observation) {
    let mut segments = Vec::new();
    for segment in std::mem::take(&mut plan.segments) {
        for statement in &segment.statements {
            let dropped = statement.makes.iter().filter(|id| ids.contains(id));
            segments.extend(dropped.filter_map(|id| dropping(id, statement, observation)));
        }
        segments.push(segment);
    }
    plan.segments = segments;
    plan.digest = digest::digest(&plan.segments, &plan.settings, plan.terms.as_ref());
}

fn dropping(id: &ComponentId, maker: &PlannedStatement, observation: &Observation) -> Option<Segment> {
    let ComponentName::InSchema(name) = &id.name else { return None };
    let statement = PlannedStatement {
        text: drop_index(name),
        feature: maker.feature.clone(),
        position: maker.position.clone(),
        replaces: true,
        search_path: vec![Identifier::new("pg_catalog")],
        locks: table_of(id, observation)
            .into_iter()
            .map(|relation| Locked { relation, mode: LockMode::ShareUpdateExclusive, size: None })
            .collect(),
        hazards: vec![Hazard::new(
            &hazard::DESTROYS,
            Some(format!("{id}, which a failed concurrent build left and no query can use")),
        )],
        needs: vec![Need::Own(Object::Relation(name.clone()))],
        is_known: true,
        ..PlannedStatement::default()
    };
    Some(Segment { transactional: false, statements: vec![statement] })
}

fn drop_index(name: &QualifiedName) -> String {
    format!("drop index concurrently {}", quoting::qualified(name))
}
