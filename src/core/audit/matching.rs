//! Which observed component each requirement is about.
//!
//! Names that authors chose decide. Names that PostgreSQL chose do not, so those requirements are matched by shape,
//! and only with what no other requirement owns by its name.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::audit::definitions::overlay::DeclaredShapes;
use crate::core::audit::requirement::{Requirement, Requirements};
use crate::core::catalog::Catalog;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::{Found, Kind, Search, Shape};
use crate::core::name::QualifiedName;

/// What was found for each requirement. The great majority is found under its own name, of which nothing is kept.
#[derive(Debug, Default)]
pub struct Matches<'a> {
    found: BTreeMap<&'a ComponentId, Found>,
    named: BTreeSet<&'a ComponentId>,
}

impl Matches<'_> {
    /// What was found for a requirement, but for one that was found under its own name.
    #[must_use]
    pub fn other(&self, id: &ComponentId) -> Option<&Found> {
        self.found.get(id)
    }

    /// The observed component that a requirement is about, if that was decided.
    #[must_use]
    pub fn observed<'s>(&'s self, id: &'s ComponentId) -> Option<&'s ComponentId> {
        match self.found.get(id) {
            None => Some(id),
            Some(Found::Is(observed)) => Some(observed),
            Some(_) => None,
        }
    }

    /// The observed components that requirements of other names are about.
    #[must_use]
    pub fn under_others(&self) -> BTreeSet<&ComponentId> {
        let found = self.found.values();
        found
            .filter_map(|found| if let Found::Is(observed) = found { Some(observed) } else { None })
            .collect()
    }

    /// Whether a requirement owns this observed component by a name of the author's. Known for the kinds of which
    /// PostgreSQL chose a required name.
    #[must_use]
    pub fn is_named(&self, observed: &ComponentId) -> bool {
        self.named.contains(observed)
    }
}

/// What was found for each requirement.
#[must_use]
pub fn matches<'a>(
    requirements: &'a Requirements,
    shapes: DeclaredShapes<'_>,
    catalog: &'a Catalog,
) -> Matches<'a> {
    matches_of(requirements, shapes, catalog, |_, _| true)
}

/// The same for those requirements only that are of interest, and for all that bear on them: those of a kind of which
/// PostgreSQL chose a name, for one of which all others may be taken.
#[must_use]
pub fn matches_of<'a>(
    requirements: &'a Requirements,
    shapes: DeclaredShapes<'_>,
    catalog: &'a Catalog,
    is_of_interest: impl Fn(&ComponentId, &Requirement) -> bool,
) -> Matches<'a> {
    let all = || requirements.components.iter();
    let generated: Vec<_> = all().filter(|(_, requirement)| requirement.name_is_generated).collect();
    let contested: BTreeSet<Kind> = generated.iter().map(|(id, _)| id.kind).collect();
    let of_interest = |(id, requirement): &(&'a ComponentId, &'a Requirement)| {
        !requirement.name_is_generated && (contested.contains(&id.kind) || is_of_interest(id, requirement))
    };
    let (said, named): (Vec<_>, Vec<_>) =
        all().filter(of_interest).partition(|(id, _)| matches!(id.name, ComponentName::OnObject { .. }));
    let mut matching =
        Matching { catalog, shapes, contested, taken: BTreeSet::new(), found: BTreeMap::new() };
    matching.settle_named(named);
    let named = matching.taken.clone();
    // What may not be there, or is not known, takes nothing from what must be.
    let (surely, maybe): (Vec<_>, Vec<_>) =
        generated.into_iter().partition(|(_, requirement)| requirement.undecidable.is_none());
    matching.settle_generated(surely);
    matching.settle_generated(maybe);
    // What is said of an object is said of the one that was found, whatever its name.
    for (id, requirement) in said {
        let found = matching.find_said(id, requirement);
        matching.settle(id, found);
    }
    Matches { found: matching.found, named }
}

struct Matching<'a, 's> {
    catalog: &'a Catalog,
    shapes: DeclaredShapes<'s>,
    /// The kinds of which PostgreSQL chose a required name: only there it matters what is taken.
    contested: BTreeSet<Kind>,
    taken: BTreeSet<&'a ComponentId>,
    found: BTreeMap<&'a ComponentId, Found>,
}

impl<'a> Matching<'a, '_> {
    /// Settles those whose names their authors chose. What is there under its own name needs no search.
    fn settle_named(&mut self, requirements: Vec<(&'a ComponentId, &Requirement)>) {
        let mut catalog = self.catalog.cursor();
        for (id, requirement) in requirements {
            if let Some((observed, _)) = catalog.find(id) {
                debug_assert_eq!(self.find(id, requirement), Found::Is(id.clone()));
                self.take(observed);
            } else {
                let found = self.find(id, requirement);
                self.settle(id, found);
            }
        }
    }

    fn find(&self, id: &ComponentId, requirement: &Requirement) -> Found {
        let search = Search {
            catalog: self.catalog,
            taken: &self.taken,
            name_is_generated: requirement.name_is_generated,
        };
        if requirement.name_is_generated {
            self.shapes.of(id, requirement).find(id, &search)
        } else {
            // By its name, whatever its definitions mean.
            requirement.shape.find(id, &search)
        }
    }

    fn find_said(&self, id: &ComponentId, requirement: &Requirement) -> Found {
        let ComponentName::OnObject { object, grantee } = &id.name else { return self.find(id, requirement) };
        match self.found.get(&**object) {
            Some(Found::Is(observed)) => {
                let name =
                    ComponentName::OnObject { object: Box::new(observed.clone()), grantee: grantee.clone() };
                self.find(&ComponentId { kind: id.kind, name }, requirement)
            }
            Some(Found::Undecided(reason)) => Found::Undecided(reason.clone()),
            Some(Found::Nothing) | None => match (self.find(id, requirement), self.renamed_index(object)) {
                (Found::Nothing, Some((constraint, index))) => {
                    let name = ComponentName::OnObject { object: Box::new(index), grantee: grantee.clone() };
                    match self.find(&ComponentId { kind: id.kind, name }, requirement) {
                        Found::Nothing => Found::Undecided(format!("its index is that of {constraint}")),
                        found => found,
                    }
                }
                (found, _) => found,
            },
        }
    }

    /// The index of a key that was found under another name, by the name that it would have: with the key.
    fn renamed_index(&self, index: &ComponentId) -> Option<(ComponentId, ComponentId)> {
        let ComponentName::InSchema(name) = &index.name else { return None };
        let key = |(id, found): (&&ComponentId, &Found)| match (&id.name, found) {
            (ComponentName::OnRelation { relation, name: declared }, Found::Is(observed)) => {
                let is_it = id.kind == Kind::Constraint && *declared == name.name;
                (is_it && relation.schema == name.schema).then(|| observed.clone())
            }
            _ => None,
        };
        let observed = (index.kind == Kind::Index).then(|| self.found.iter().find_map(key))??;
        let ComponentName::OnRelation { relation, name } = &observed.name else { return None };
        let index = QualifiedName { schema: relation.schema.clone(), name: name.clone() };
        Some((observed, ComponentId::in_schema(Kind::Index, index)))
    }

    fn take(&mut self, observed: &'a ComponentId) {
        if self.contested.contains(&observed.kind) {
            self.taken.insert(observed);
        }
    }

    fn settle(&mut self, id: &'a ComponentId, found: Found) {
        if let Found::Is(observed) = &found {
            if let Some((observed, _)) = self.catalog.get_with_id(observed) {
                self.take(observed);
            }
            if observed == id {
                return;
            }
        }
        self.found.insert(id, found);
    }

    fn settle_generated(&mut self, requirements: Vec<(&'a ComponentId, &Requirement)>) {
        let differing = self.settle_namesakes(requirements);
        let differing = self.settle_equals(differing);
        // What is left takes a namesake of another shape, now that everything equal is taken.
        for (id, requirement) in differing {
            let found = self.find(id, requirement);
            self.settle(id, found);
        }
    }

    /// Settles those that are there under the name that PostgreSQL would choose, equal; gives back the others.
    fn settle_namesakes<'r>(
        &mut self,
        requirements: Vec<(&'a ComponentId, &'r Requirement)>,
    ) -> Vec<(&'a ComponentId, &'r Requirement)> {
        let mut catalog = self.catalog.cursor();
        let mut others = Vec::new();
        for (id, requirement) in requirements {
            match catalog.find(id) {
                Some((observed, shape))
                    if !self.taken.contains(observed) && self.is_equal(id, requirement, shape) =>
                {
                    debug_assert_eq!(self.find(id, requirement), Found::Is(id.clone()));
                    self.take(observed);
                }
                _ => others.push((id, requirement)),
            }
        }
        others
    }

    /// Settles those that find a component without a difference; gives back the others.
    fn settle_equals<'r>(
        &mut self,
        requirements: Vec<(&'a ComponentId, &'r Requirement)>,
    ) -> Vec<(&'a ComponentId, &'r Requirement)> {
        let mut others = Vec::new();
        for (id, requirement) in requirements {
            match self.find(id, requirement) {
                Found::Is(observed)
                    if self
                        .catalog
                        .get(&observed)
                        .is_some_and(|shape| self.is_equal(id, requirement, shape)) =>
                {
                    self.settle(id, Found::Is(observed));
                }
                _ => others.push((id, requirement)),
            }
        }
        others
    }

    fn is_equal(&self, id: &ComponentId, requirement: &Requirement, observed: &Shape) -> bool {
        let comparison = self.shapes.of(id, requirement).compare(observed);
        comparison.is_some_and(|comparison| comparison.differences.is_empty())
    }
}
