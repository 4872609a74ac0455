//! What is said of objects (owners, grants, comments) goes with them.

use super::Declared;
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::Kind;
use crate::core::kind::about::{ABOUT, about};
use crate::core::name::QualifiedName;

/// The kinds whose components have parts that something is said of.
const PARTS: [Kind; 5] = [Kind::Type, Kind::Column, Kind::Constraint, Kind::Trigger, Kind::Policy];

impl Declared {
    /// Removes what is said of an object.
    pub(super) fn remove_about(&mut self, object: &ComponentId) {
        for id in self.about(object) {
            self.components.remove(&id);
        }
    }

    /// Removes what is said of the parts of a relation or type, those that are not declared included.
    pub(super) fn remove_about_parts(&mut self, name: &QualifiedName) {
        for id in self.about_parts(name) {
            self.components.remove(&id);
        }
    }

    /// Whether a type is that of the rows of a relation, which is none of the types.
    pub(super) fn is_row_type(&self, object: &ComponentId) -> bool {
        match &object.name {
            ComponentName::InSchema(name) if object.kind == Kind::Type => {
                !self.components.contains_key(object) && self.relation_kind(name).is_some()
            }
            _ => false,
        }
    }

    /// What is said of an object.
    pub(super) fn about(&self, object: &ComponentId) -> Vec<ComponentId> {
        let is_about = |id: &&ComponentId| matches!(&id.name, ComponentName::OnObject { object: of, .. } if **of == *object);
        self.said(object, is_about)
    }

    /// What is said of the parts of a relation or type.
    pub(super) fn about_parts(&self, name: &QualifiedName) -> Vec<ComponentId> {
        let of = |kind: Kind| {
            let is_about = move |id: &&ComponentId| match &id.name {
                ComponentName::OnObject { object, .. } => {
                    object.kind == kind
                        && matches!(&object.name, ComponentName::OnRelation { relation, .. } if relation == name)
                }
                _ => false,
            };
            self.said(&ComponentId::on_relation(kind, name.clone(), ""), is_about)
        };
        PARTS.into_iter().flat_map(of).collect()
    }

    /// What is said from the first object on, as long as it is about one of those meant: they lie side by side.
    fn said(&self, first: &ComponentId, is_meant: impl Fn(&&ComponentId) -> bool) -> Vec<ComponentId> {
        let of = |kind: Kind| {
            let ids = self.components.range(about(kind, first.clone(), None)..).map(|(id, _)| id);
            ids.take_while(|id| id.kind == kind && is_meant(id)).cloned().collect::<Vec<_>>()
        };
        ABOUT.into_iter().flat_map(of).collect()
    }
}
