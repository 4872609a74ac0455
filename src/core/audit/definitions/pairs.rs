//! Which declared definitions have to be compared with which observed ones.

use std::collections::BTreeSet;
use std::ops::Range;

use super::Place;
use super::overlay::DeclaredShapes;
use crate::core::audit::matching::{Matches, matches_of};
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::{Requirement, Requirements, Undecidable};
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;
use crate::core::definition::{Definition, Part};
use crate::core::kind::{Kind, Shape};
use crate::core::threads::side_by_side;

/// A declared definition and an observed one that may be it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pair {
    /// What is declared, and where.
    pub declared: Place,
    /// The declared text.
    pub definition: Definition,
    /// Where the observed one is.
    pub observed: Place,
}

/// The requirements that have definitions, in groups: of a database of many tables, the pairs are more than the catalog,
/// so that they are made, and compared, group by group.
#[derive(Debug)]
pub struct Pairing<'a> {
    /// In the order of the relations that they are on, so that all candidates of one are in one group.
    wanted: Vec<(&'a ComponentId, &'a Requirement)>,
    found: Matches<'a>,
}

/// A group of a [`Pairing`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group(Range<usize>);

impl<'a> Pairing<'a> {
    /// The requirements with definitions, given what phase 1 saw.
    #[must_use]
    pub fn new(requirements: &'a Requirements, observation: &'a Observation) -> Self {
        let of_interest = |_: &ComponentId, requirement: &Requirement| {
            !matches!(requirement.undecidable.as_deref(), Some(Undecidable::Shape(_)))
                && requirement.shape.may_have_definitions()
        };
        let relation = |(id, requirement): (&'a ComponentId, &'a Requirement)| requirement.shape.relation(id);
        let wanted = || {
            let all = requirements.components.iter();
            let mut wanted: Vec<_> = all.filter(|(id, requirement)| of_interest(id, requirement)).collect();
            wanted.sort_by(|one, other| relation(*one).cmp(&relation(*other)));
            wanted
        };
        let found = || matches_of(requirements, DeclaredShapes::alone(), &observation.catalog, of_interest);
        let (wanted, found) = side_by_side(requirements.components.len(), wanted, found);
        Self { wanted, found }
    }

    /// Groups of at least so many requirements, but for the last one. What is on one relation is in one group.
    #[must_use]
    pub fn groups(&self, least: usize) -> Vec<Group> {
        let mut groups = Vec::new();
        let mut start = 0;
        let relation = |at: usize| self.wanted.get(at).map(|(id, of)| of.shape.relation(id));
        for end in 1..=self.wanted.len() {
            let boundary = relation(end) != relation(end - 1) || relation(end) == Some(None);
            if end == self.wanted.len() || end - start >= least && boundary {
                groups.push(Group(start..end));
                start = end;
            }
        }
        groups
    }

    /// The pairs of a group: one for each definition of a component that was found. Where a name that PostgreSQL chose
    /// leaves several candidates, a pair with each of them.
    #[must_use]
    pub fn pairs(&self, group: &Group, catalog: &Catalog) -> Vec<Pair> {
        let mut pairs = Vec::new();
        for (id, requirement) in self.wanted.get(group.0.clone()).into_iter().flatten().copied() {
            let definitions = definitions(&requirement.shape);
            if definitions.is_empty() {
                continue;
            }
            for observed in candidates(id, requirement, &self.found, catalog) {
                let places = catalog.get(observed).map(parts).unwrap_or_default();
                for (part, definition) in &definitions {
                    pairs.extend(partners(id, *part, &places).map(|at| Pair {
                        declared: (id.clone(), *part),
                        definition: definition.clone(),
                        observed: (observed.clone(), at),
                    }));
                }
            }
        }
        pairs
    }
}

/// The observed components that the requirement may be about: the one that was found, and where its name was not the
/// author's, those that are like it as far as raw rows tell and that no author's name takes.
pub(super) fn candidates<'a>(
    id: &'a ComponentId,
    requirement: &Requirement,
    found: &'a Matches<'_>,
    catalog: &'a Catalog,
) -> BTreeSet<&'a ComponentId> {
    let mut candidates: BTreeSet<&ComponentId> = found.observed(id).into_iter().collect();
    if requirement.name_is_generated {
        let alike = |(candidate, observed): &(&ComponentId, &Shape)| {
            let comparison = requirement.shape.compare(observed);
            !found.is_named(candidate) && comparison.is_some_and(|it| it.differences.is_empty())
        };
        match &requirement.shape {
            Shape::Index(index) => {
                let indexes = index.relation.iter().flat_map(|relation| catalog.indexes_of(relation));
                candidates.extend(indexes.filter(alike).map(|(id, _)| id));
            }
            Shape::Statistics(statistics) => {
                let of_table = statistics.relation.iter().flat_map(|it| catalog.statistics_of(it));
                candidates.extend(of_table.filter(alike).map(|(id, _)| id));
            }
            Shape::Constraint(_) => {
                let hanging =
                    id.relation().into_iter().flat_map(|it| catalog.on_relation(Kind::Constraint, it));
                candidates.extend(hanging.filter(alike).map(|(id, _)| id));
            }
            _ => {}
        }
    }
    candidates
}

/// The observed places that a declared part may be: its own, but for the checks of a domain and the expressions of
/// statistics, which are sets.
fn partners<'a>(id: &ComponentId, part: Part, places: &'a [Part]) -> impl Iterator<Item = Part> + 'a {
    let any = matches!((id.kind, part.name), (Kind::Type, "check") | (Kind::Statistics, "expression"));
    places.iter().copied().filter(move |at| *at == part || any && at.name == part.name)
}

/// The definitions of a declared shape whose texts are known.
fn definitions(shape: &Shape) -> Vec<(Part, Definition)> {
    let mut found = Vec::new();
    shape.clone().definitions(&mut |part, slot| {
        found.extend(slot.take().map(|definition| (part, definition)));
    });
    found
}

/// The parts of an observed shape that have a definition, its text known or not.
pub(super) fn parts(shape: &Shape) -> Vec<Part> {
    let mut found = Vec::new();
    shape.clone().definitions(&mut |part, _| found.push(part));
    found
}
