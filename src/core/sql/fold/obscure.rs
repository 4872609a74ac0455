//! What is no longer known: after a rename, which also changes what others say of the object (a key's columns, the table
//! that a foreign key points to, a column's type), and after a DROP ... CASCADE, which takes views along.

use super::doubt::mentions;
use super::drop::HANGING;
use super::{Declaration, Declared, Obscured};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::type_::TypeForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::type_name::TypeName;

impl Declared {
    /// Marks a component, and what hangs on it, as no longer known. ALTER TABLE may be about any relation: what is
    /// declared under the name decides.
    pub(super) fn obscure(&mut self, id: &ComponentId, reason: &str) {
        let mut ids = match &id.name {
            ComponentName::Global(schema) if id.kind == Kind::Schema => {
                self.ids(|id, _| id.schema() == Some(schema))
            }
            ComponentName::InSchema(name) => self.hanging_on(id.kind, name),
            ComponentName::Routine { name, arguments } if id.kind == Kind::Function => {
                self.overloads(name, arguments.as_deref())
            }
            _ => Vec::new(),
        };
        ids.push(id.clone());
        self.mark(&ids, reason);
    }

    pub(super) fn mark(&mut self, ids: &[ComponentId], reason: &str) {
        for id in ids {
            if let Some(declaration) = self.components.get_mut(id) {
                declaration.obscure(reason);
            }
        }
    }

    /// Marks components as perhaps changed, or gone. What is not surely as declared already stays so.
    pub(super) fn mark_changed(&mut self, ids: &[ComponentId], reason: &str) {
        for id in ids {
            if let Some(declaration) = self.components.get_mut(id) {
                declaration.obscured_by.get_or_insert_with(|| Obscured::Change(reason.to_owned()));
            }
        }
    }

    pub(super) fn hanging_on(&self, kind: Kind, name: &QualifiedName) -> Vec<ComponentId> {
        let mut ids: Vec<ComponentId> = self.indexes_of(name).map(|(id, _)| id.clone()).collect();
        for kind in HANGING {
            ids.extend(self.hanging(kind, name).map(|(id, _)| id.clone()));
        }
        if kind == Kind::Table {
            let kinds = [Kind::ForeignTable, Kind::View, Kind::MaterializedView, Kind::Sequence, Kind::Index];
            ids.extend(kinds.map(|kind| ComponentId::in_schema(kind, name.clone())));
        }
        ids
    }

    /// Views whose query names what goes, the views on those, and so on: CASCADE takes along those that depend on it,
    /// which a name alone does not settle.
    pub(super) fn obscure_views_on(&mut self, id: &ComponentId, reason: &str) {
        let mut rest: Vec<Identifier> = match &id.name {
            ComponentName::InSchema(name) | ComponentName::Routine { name, .. } => vec![name.name.clone()],
            ComponentName::OnRelation { relation, .. } if id.kind == Kind::Column => {
                vec![relation.name.clone()]
            }
            ComponentName::Global(schema) => vec![schema.clone()],
            _ => Vec::new(),
        };
        while let Some(name) = rest.pop() {
            let views = self.ids(|other, declaration| {
                let body = match &declaration.shape {
                    Shape::View(view) => view.body.as_ref(),
                    Shape::MaterializedView(view) => view.body.as_ref(),
                    _ => return false,
                };
                other != id
                    && declaration.obscured_by.is_none()
                    && body.is_none_or(|body| mentions(&body.text, &name))
            });
            for view in &views {
                self.obscure(view, reason);
                if let ComponentName::InSchema(name) = &view.name {
                    rest.push(name.name.clone());
                }
            }
        }
    }
}

/// The types that a component says: of a column, of the arguments and the result of a function, of an attribute.
pub(super) fn types_of<'a>(
    id: &'a ComponentId,
    declaration: &'a Declaration,
) -> Box<dyn Iterator<Item = &'a TypeName> + 'a> {
    match (&id.name, &declaration.shape) {
        (_, Shape::Column(column)) => Box::new(column.data_type.iter()),
        (ComponentName::Routine { arguments, .. }, shape) => {
            let returns = match shape {
                Shape::Function(function) => function.returns.as_ref(),
                _ => None,
            };
            let returned = returns.and_then(|returns| returns.data_type.as_ref());
            Box::new(arguments.iter().flatten().chain(returned))
        }
        (_, shape) => match shape.type_form() {
            Some(TypeForm::Domain(domain)) => Box::new(std::iter::once(&domain.base)),
            Some(TypeForm::Composite { attributes }) => {
                Box::new(attributes.iter().map(|attribute| &attribute.data_type))
            }
            Some(TypeForm::Enum { .. } | TypeForm::Range(_)) | None => Box::new(std::iter::empty()),
        },
    }
}

/// Whether a trigger calls the function of this name.
pub(super) fn calls(declaration: &Declaration, name: &QualifiedName) -> bool {
    let Shape::Trigger(trigger) = &declaration.shape else { return false };
    trigger.function.as_ref().is_some_and(|(schema, function)| {
        *function == name.name && schema.as_ref().is_none_or(|schema| *schema == name.schema)
    })
}
