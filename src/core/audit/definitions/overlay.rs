//! The declared shapes with the normal forms that the server's planner gave their definitions.

use std::collections::BTreeMap;

use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::{Requirement, Requirements};
use crate::core::component::ComponentId;
use crate::core::kind::Shape;

/// The shapes of those requirements that have normal forms; for all others, the declared one holds.
#[derive(Debug, Default)]
pub struct DeclaredShapes<'a> {
    shapes: BTreeMap<&'a ComponentId, Shape>,
}

impl<'a> DeclaredShapes<'a> {
    /// Puts what was observed about the declared definitions into copies of the shapes that have them.
    #[must_use]
    pub fn new(requirements: &'a Requirements, observation: &Observation) -> Self {
        let mut shapes: BTreeMap<&ComponentId, Shape> = BTreeMap::new();
        for ((id, part), normal) in &observation.normals {
            let Some((id, requirement)) = requirements.components.get_key_value(id) else { continue };
            let shape = shapes.entry(id).or_insert_with(|| requirement.shape.clone());
            shape.definitions(&mut |at, slot| {
                if let Some(definition) = slot.as_mut().filter(|_| at == *part) {
                    definition.normal = Some(normal.clone());
                }
            });
        }
        Self { shapes }
    }

    /// The shape of a requirement.
    #[must_use]
    pub fn of<'r>(&'r self, id: &ComponentId, requirement: &'r Requirement) -> &'r Shape {
        self.shapes.get(id).unwrap_or(&requirement.shape)
    }
}
