//! Types: labels of enums, attributes of composite types.

use super::{Applied, Declared, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::type_::{Attribute, TypeForm};
use crate::core::kind::{Kind, Shape};
use crate::core::name::Identifier;
use crate::core::sql::effect::AttributeChange;

impl Declared {
    pub(super) fn add_enum_label(
        &mut self,
        id: ComponentId,
        label: String,
        place: Option<(bool, String)>,
        if_not_exists: bool,
        origin: &Origin,
    ) -> Applied {
        let Some(TypeForm::Enum { labels }) =
            self.components.get_mut(&id).and_then(|declaration| declaration.shape.type_form_mut())
        else {
            let words = format!("the labels that ALTER TYPE adds to {}, which is not declared here", id.name);
            self.part_of(id, origin);
            return Ok(vec![words]);
        };
        if labels.contains(&label) {
            return if if_not_exists {
                Ok(Vec::new())
            } else {
                Err(format!("the type {} has the label '{label}' already", id.name))
            };
        }
        let position = match place {
            None => Some(labels.len()),
            Some((before, neighbour)) => labels
                .iter()
                .position(|label| *label == neighbour)
                .map(|position| if before { position } else { position + 1 }),
        };
        let Some(position) = position else {
            return Err(format!("the type {} has no such label to put '{label}' beside", id.name));
        };
        labels.insert(position, label);
        self.part_of(id, origin);
        Ok(Vec::new())
    }

    /// A label that is declared goes under its new name, and so does the key of a row that holds it. An enum of which
    /// nothing is declared stays as open as it was.
    pub(super) fn rename_enum_label(&mut self, id: &ComponentId, from: &str, to: &str, origin: &Origin) {
        let words = format!("ALTER TYPE ... RENAME VALUE at {}", origin.position);
        if let Some(TypeForm::Enum { labels }) = self.part_of(id.clone(), origin).type_form_mut()
            && let Some(label) = labels.iter_mut().find(|label| **label == from)
        {
            to.clone_into(label);
        }
        let quoted = format!("'{}'", from.replace('\'', "''"));
        self.doubt(&words, |_, text| text.contains(&quoted));
        let ComponentName::InSchema(type_name) = &id.name else { return };
        let holds = |row: &ComponentId| -> Option<ComponentId> {
            let ComponentName::Row { relation, key } = &row.name else { return None };
            let mut new = key.clone();
            for (column, value) in &mut new {
                let id = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
                if let Some(Shape::Column(column)) = self.components.get(&id).map(|column| &column.shape)
                    && column.data_type.as_ref().is_some_and(|data_type| data_type.may_be(type_name))
                    && value.as_deref() == Some(from)
                {
                    *value = Some(to.to_owned());
                }
            }
            let name = ComponentName::Row { relation: relation.clone(), key: new };
            (name != row.name).then_some(ComponentId { kind: Kind::SeedRow, name })
        };
        let rows: Vec<(ComponentId, ComponentId)> =
            self.of_kind(Kind::SeedRow).filter_map(|(row, _)| Some((row.clone(), holds(row)?))).collect();
        for (old, new) in rows {
            if let Some(declaration) = self.components.remove(&old) {
                self.components.insert(new, declaration);
            }
        }
    }

    /// An attribute of a composite type. Of one whose attributes are not declared, nothing more is known than before.
    pub(super) fn change_attribute(
        &mut self,
        id: ComponentId,
        attribute: Identifier,
        change: AttributeChange,
        origin: &Origin,
    ) {
        let Shape::Type(shape) = self.part_of(id, origin) else { return };
        let Some(TypeForm::Composite { attributes }) = &mut shape.form else { return };
        let settled = match change {
            AttributeChange::Add(data_type, collation) => data_type.map(|data_type| {
                attributes.push(Attribute { name: attribute, data_type, collation, implied_collation: None });
            }),
            AttributeChange::DataType(data_type, collation) => data_type.map(|data_type| {
                if let Some(old) = attributes.iter_mut().find(|old| old.name == attribute) {
                    (old.data_type, old.collation) = (data_type, collation);
                }
            }),
            AttributeChange::Rename(new) => {
                if let Some(old) = attributes.iter_mut().find(|old| old.name == attribute) {
                    old.name = new;
                }
                Some(())
            }
            AttributeChange::Drop => {
                attributes.retain(|old| old.name != attribute);
                Some(())
            }
        };
        if settled.is_none() {
            shape.form = None;
        }
    }
}

/// Whether a shape is that of an enum.
pub(super) fn is_enum(shape: &Shape) -> bool {
    matches!(shape.type_form(), Some(TypeForm::Enum { .. }))
}
