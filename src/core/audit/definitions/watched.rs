//! Which observed components are watched for drift, and the texts that their fingerprints take.

use std::collections::BTreeSet;

use super::Place;
use super::overlay::DeclaredShapes;
use super::pairs::{candidates, parts};
use super::text::Texts;
use crate::core::audit::compare::watched;
use crate::core::audit::matching::matches;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::Requirements;
use crate::core::component::ComponentId;
use crate::core::definition::{Normal, Part};
use crate::core::kind::Shape;

/// What is watched.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Watch {
    components: BTreeSet<ComponentId>,
    /// The definitions of these components, declared or not.
    pub places: Vec<Place>,
}

impl Watch {
    /// All that the requirements may be about, given what phase 1 saw.
    #[must_use]
    pub fn of(requirements: &Requirements, observation: &Observation) -> Self {
        let catalog = &observation.catalog;
        let found = matches(requirements, DeclaredShapes::alone(), catalog);
        let mut components = BTreeSet::new();
        for (id, requirement) in &requirements.components {
            for observed in candidates(id, requirement, &found, catalog) {
                components.extend(watched(id, observed, catalog).into_iter().cloned());
            }
        }
        let mut places = Vec::new();
        for id in &components {
            let Some(shape) = catalog.get(id) else { continue };
            places.extend(parts(shape).into_iter().map(|part| (id.clone(), part)));
            // An aggregate has no text.
            if matches!(shape, Shape::Function(function) if function.sort.is_some()) {
                places.push((id.clone(), Part::only("definition")));
            }
        }
        Self { components, places }
    }

    /// Completes the fingerprints, of which phase 1 gave the rows, with the texts. What is not watched has none.
    pub fn record(self, texts: &Texts, observation: &mut Observation) {
        let Self { components, places } = self;
        observation.fingerprints.retain(|id, _| components.contains(id));
        for place in places {
            let (id, part) = &place;
            let Some(fingerprint) = observation.fingerprints.get_mut(id) else { continue };
            let unread = match texts.get(&place) {
                Some(Ok(text)) => {
                    fingerprint.text(id.kind, *part, text);
                    continue;
                }
                Some(Err(why)) => why.clone(),
                None => Normal::None("this version cannot read its definition".to_owned()),
            };
            // What is locked can be seen later, so that it is the better reason.
            if !matches!(fingerprint.unread, Some(Normal::Unseen(_))) {
                fingerprint.unread = Some(unread);
            }
        }
    }
}
