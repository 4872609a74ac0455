//! The declared shapes with the normal forms that the server's planner gave their definitions.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Place;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::Requirement;
use crate::core::component::ComponentId;
use crate::core::definition::{Normal, Part};
use crate::core::kind::Shape;

/// The declared shapes as an observation completes them.
#[derive(Debug, Clone, Copy)]
pub struct DeclaredShapes<'a> {
    normals: Option<&'a BTreeMap<Place, Normal>>,
}

impl<'a> DeclaredShapes<'a> {
    /// The shapes as they are declared.
    #[must_use]
    pub const fn alone() -> Self {
        Self { normals: None }
    }

    /// The shapes with what was observed about the declared definitions.
    #[must_use]
    pub const fn new(observation: &'a Observation) -> Self {
        Self { normals: Some(&observation.normals) }
    }

    /// The shape of a requirement: a copy where there is something to add, which is not kept, because there are as many
    /// as definitions.
    #[must_use]
    pub fn of<'r>(&self, id: &ComponentId, requirement: &'r Requirement) -> Cow<'r, Shape> {
        let Some(normals) = self.normals.filter(|normals| !normals.is_empty()) else {
            return Cow::Borrowed(&requirement.shape);
        };
        if !requirement.shape.may_have_definitions() {
            return Cow::Borrowed(&requirement.shape);
        }
        let first = (id.clone(), Part { name: "", position: 0 });
        let mut own = normals.range(first..).take_while(|((of, _), _)| of == id).peekable();
        if own.peek().is_none() {
            return Cow::Borrowed(&requirement.shape);
        }
        let mut shape = requirement.shape.clone();
        for ((_, part), normal) in own {
            shape.definitions(&mut |at, slot| {
                if let Some(definition) = slot.as_mut().filter(|_| at == *part) {
                    definition.normal = Some(normal.clone());
                }
            });
        }
        Cow::Owned(shape)
    }
}
