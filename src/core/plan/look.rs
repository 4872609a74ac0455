//! What one look at the database says about a component, for a plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::audit::finding::{Finding, State};
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::{FeatureRef, Requirements, Undecidable};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::extension::Extension;
use crate::core::kind::{Found, Kind, Search, Shape};
use crate::core::name::{Identifier, QualifiedName};

/// One look, judged.
pub(super) struct Look<'a> {
    pub requirements: &'a Requirements,
    pub observation: &'a Observation,
    pub report: &'a Report,
    findings: BTreeMap<&'a ComponentId, &'a Finding>,
    /// The features of which something is there.
    begun: BTreeSet<&'a FeatureRef>,
}

/// What is known of a component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Presence {
    /// It was looked for, and is not there.
    Missing,
    /// It is there as declared.
    Present,
    /// It is there with another shape, or drifted.
    Different,
    /// It could not be seen or decided, for this reason.
    Unknown(String),
    /// It is not required.
    NotRequired,
}

impl<'a> Look<'a> {
    pub(super) fn new(
        requirements: &'a Requirements,
        observation: &'a Observation,
        report: &'a Report,
    ) -> Self {
        let findings = report.findings.iter().map(|finding| (&finding.component, finding)).collect();
        let is_there =
            |finding: &&Finding| matches!(finding.state, State::Present | State::Different | State::Drifted);
        let there = report.findings.iter().filter(is_there);
        let begun = there.filter_map(|finding| finding.features.first()).collect();
        Self { requirements, observation, report, findings, begun }
    }

    pub(super) fn presence(&self, id: &ComponentId) -> Presence {
        let Some(finding) = self.findings.get(id) else { return Presence::NotRequired };
        match finding.state {
            State::Missing => Presence::Missing,
            State::Present => Presence::Present,
            State::Different | State::Drifted => Presence::Different,
            State::Unknown if self.is_undecidable_but_absent(id) => Presence::Missing,
            State::Unknown => Presence::Unknown(finding.reason.clone().unwrap_or_default()),
        }
    }

    pub(super) fn finding(&self, id: &ComponentId) -> Option<&'a Finding> {
        self.findings.get(id).copied()
    }

    /// Whether it is of a name that the author chose, and nothing of that name is there.
    pub(super) fn is_absent_by_name(&self, id: &ComponentId) -> bool {
        let required = self.requirements.components.get(id);
        required.is_some_and(|required| !required.name_is_generated) && self.is_absent(id)
    }

    /// What the SQL says of it cannot be known, but that it is not there can be. What a later statement may have taken
    /// away is wanted only where that statement did not run yet: with nothing there of what it hangs on, or of its
    /// feature.
    fn is_undecidable_but_absent(&self, id: &ComponentId) -> bool {
        let Some(requirement) = self.requirements.components.get(id) else { return false };
        // What PostgreSQL names may go by another name, but not where its table is not there.
        let is_nowhere = || {
            let relation = requirement.shape.relation(id).or(match &requirement.shape {
                Shape::Sequence(sequence) => sequence.owner.as_ref(),
                _ => None,
            });
            relation.is_some_and(|relation| !self.is_there_by_name(relation))
        };
        let is_begun = || requirement.features.first().is_some_and(|feature| self.begun.contains(feature));
        let is_wanted = match requirement.undecidable.as_deref() {
            None => false,
            Some(Undecidable::Shape(_)) => true,
            Some(Undecidable::Presence(_)) => is_nowhere() || !is_begun(),
        };
        is_wanted && self.is_absent(id) && (!requirement.name_is_generated || is_nowhere())
    }

    /// Whether a relation of this name was seen, or may be there unseen.
    fn is_there_by_name(&self, relation: &QualifiedName) -> bool {
        RELATIONS.iter().any(|kind| !self.is_absent(&ComponentId::in_schema(*kind, relation.clone())))
    }

    /// Whether it was seen not to be there. It must have been looked for.
    pub(super) fn is_absent(&self, id: &ComponentId) -> bool {
        if let Some(relation) = id.relation()
            && self.is_absent_relation(relation)
        {
            return true;
        }
        if let ComponentName::OnObject { object, .. } = &id.name
            && self.findings.get(&**object).is_some_and(|finding| finding.state == State::Missing)
        {
            return true;
        }
        let table = id.relation().map(|relation| ComponentId::in_schema(Kind::Table, relation.clone()));
        let unseen = &self.observation.unseen;
        if unseen.contains_key(id) || table.is_some_and(|table| unseen.contains_key(&table)) {
            return false;
        }
        let (catalog, taken) = (&self.observation.catalog, BTreeSet::new());
        let search = Search { catalog, taken: &taken, name_is_generated: false };
        Shape::open(id.kind).find(id, &search) == Found::Nothing
    }

    fn is_absent_relation(&self, relation: &QualifiedName) -> bool {
        RELATIONS.iter().any(|kind| {
            let id = ComponentId::in_schema(*kind, relation.clone());
            self.findings.get(&id).is_some_and(|finding| finding.state == State::Missing)
        })
    }

    /// The schemas that extensions are in: unqualified names of SQL may mean their types and functions, as they do in the
    /// sessions of the database's users. Of extensions that the features do not name, only the schemas where not everyone
    /// may put a function of the same name.
    pub(super) fn extension_schemas(&self) -> Vec<Identifier> {
        let extension = |shape: &'a Shape| -> Option<&'a Extension> {
            match shape {
                Shape::Extension(extension) => Some(extension),
                _ => None,
            }
        };
        let mut places: BTreeMap<&ComponentId, &Identifier> = BTreeMap::new();
        let required = |id: &ComponentId| extension(&self.requirements.components.get(id)?.shape);
        for id in self.requirements.components.keys().filter(|id| id.kind == Kind::Extension) {
            if let Some(schema) = required(id).and_then(|it| it.schema.as_ref()) {
                places.insert(id, schema);
            }
        }
        for (id, shape) in self.observation.catalog.of_kind(Kind::Extension) {
            let is_trusted = |it: &&Extension| !it.is_open || self.requirements.components.contains_key(id);
            if let Some(schema) = extension(shape).filter(is_trusted).and_then(|it| it.schema.as_ref()) {
                places.insert(id, schema);
            }
        }
        let mut schemas: Vec<Identifier> = Vec::new();
        for schema in places.into_values().filter(|schema| schema.as_str() != "pg_catalog") {
            if !schemas.contains(schema) {
                schemas.push(schema.clone());
            }
        }
        schemas
    }
}

/// The kinds of what columns, triggers and policies hang on.
pub(super) const RELATIONS: [Kind; 4] = [Kind::Table, Kind::ForeignTable, Kind::View, Kind::MaterializedView];
