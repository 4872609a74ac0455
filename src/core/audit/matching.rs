//! Which observed component each requirement is about.
//!
//! Names that authors chose decide. Names that PostgreSQL chose do not, so those requirements are matched by shape,
//! and only with what no other requirement owns by its name.

use std::collections::{BTreeMap, BTreeSet};

use crate::core::audit::definitions::overlay::DeclaredShapes;
use crate::core::audit::requirement::{Requirement, Requirements};
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;
use crate::core::kind::{Found, Search};

/// What was found for each requirement.
#[must_use]
pub fn matches<'a>(
    requirements: &'a Requirements,
    shapes: &DeclaredShapes<'_>,
    catalog: &Catalog,
) -> BTreeMap<&'a ComponentId, Found> {
    let mut matching = Matching { catalog, shapes, taken: BTreeSet::new(), found: BTreeMap::new() };
    let (generated, named): (Vec<_>, Vec<_>) =
        requirements.components.iter().partition(|(_, requirement)| requirement.name_is_generated);
    for (id, requirement) in named {
        let found = matching.find(id, requirement);
        matching.settle(id, found);
    }
    let differing = matching.settle_equals(generated, |id, found| id == found);
    let differing = matching.settle_equals(differing, |_, _| true);
    // What is left takes a namesake of another shape, now that everything equal is taken.
    for (id, requirement) in differing {
        let found = matching.find(id, requirement);
        matching.settle(id, found);
    }
    matching.found
}

struct Matching<'a, 'c> {
    catalog: &'c Catalog,
    shapes: &'c DeclaredShapes<'c>,
    taken: BTreeSet<ComponentId>,
    found: BTreeMap<&'a ComponentId, Found>,
}

impl<'a> Matching<'a, '_> {
    fn find(&self, id: &ComponentId, requirement: &Requirement) -> Found {
        let search = Search {
            catalog: self.catalog,
            taken: &self.taken,
            name_is_generated: requirement.name_is_generated,
        };
        self.shapes.of(id, requirement).find(id, &search)
    }

    fn settle(&mut self, id: &'a ComponentId, found: Found) {
        if let Found::Is(observed) = &found {
            self.taken.insert(observed.clone());
        }
        self.found.insert(id, found);
    }

    /// Settles those that find a component without a difference that `may_be` allows; gives back the others.
    fn settle_equals<'r>(
        &mut self,
        requirements: Vec<(&'a ComponentId, &'r Requirement)>,
        may_be: impl Fn(&ComponentId, &ComponentId) -> bool,
    ) -> Vec<(&'a ComponentId, &'r Requirement)> {
        let mut others = Vec::new();
        for (id, requirement) in requirements {
            match self.find(id, requirement) {
                Found::Is(observed) if may_be(id, &observed) && self.is_equal(id, requirement, &observed) => {
                    self.settle(id, Found::Is(observed));
                }
                _ => others.push((id, requirement)),
            }
        }
        others
    }

    fn is_equal(&self, id: &ComponentId, requirement: &Requirement, observed: &ComponentId) -> bool {
        let declared = self.shapes.of(id, requirement);
        let comparison = self.catalog.get(observed).and_then(|observed| declared.compare(observed));
        comparison.is_some_and(|comparison| comparison.differences.is_empty())
    }
}
