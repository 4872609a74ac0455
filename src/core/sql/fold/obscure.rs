//! What is no longer known: after a rename, which also changes what others say of the object (a key's columns, the table
//! that a foreign key points to, a column's type), and after a DROP ... CASCADE, which takes views along.

use super::drop::{HANGING, constraint_names, foreign_key};
use super::{Declaration, Declared};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::{Constraint, ConstraintForm};
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
            ComponentName::Routine { name, arguments } => self.overloads(name, arguments.as_deref()),
            _ => Vec::new(),
        };
        ids.push(id.clone());
        self.mark(&ids, reason);
    }

    /// Marks what says the name of a component that is renamed: PostgreSQL renames it there too.
    pub(super) fn obscure_what_names(&mut self, id: &ComponentId, reason: &str) {
        let ids = match &id.name {
            ComponentName::Global(schema) if id.kind == Kind::Schema => {
                self.ids(|id, declaration| names_schema(id, declaration, schema))
            }
            ComponentName::InSchema(name) => {
                let sequences = self.owned_sequences.iter().filter(|((table, _), _)| table == name);
                let sequences = sequences.flat_map(|(_, names)| names.iter().cloned());
                let mut ids: Vec<ComponentId> =
                    sequences.map(|name| ComponentId::in_schema(Kind::Sequence, name)).collect();
                ids.extend(self.ids(|id, declaration| {
                    foreign_key(declaration).is_some_and(|(references, _)| references == name)
                        || uses_type(id, declaration, name)
                }));
                ids
            }
            ComponentName::Routine { name, .. } => self.ids(|_, declaration| calls(declaration, name)),
            ComponentName::OnRelation { relation, name } if id.kind == Kind::Column => {
                self.column_and_what_names_it(relation, name)
            }
            _ => Vec::new(),
        };
        self.mark(&ids, reason);
    }

    fn mark(&mut self, ids: &[ComponentId], reason: &str) {
        for id in ids {
            if let Some(declaration) = self.components.get_mut(id) {
                declaration.obscured_by.get_or_insert_with(|| reason.to_owned());
            }
        }
    }

    fn hanging_on(&self, kind: Kind, name: &QualifiedName) -> Vec<ComponentId> {
        let mut ids: Vec<ComponentId> = self.indexes_of(name).map(|(id, _)| id.clone()).collect();
        for kind in HANGING {
            ids.extend(self.hanging(kind, name).map(|(id, _)| id.clone()));
        }
        if kind == Kind::Table {
            let kinds = [Kind::View, Kind::MaterializedView, Kind::Sequence, Kind::Index];
            ids.extend(kinds.map(|kind| ComponentId::in_schema(kind, name.clone())));
        }
        ids
    }

    /// A column, here and in the children, with the keys, indexes, triggers and rows that name it.
    fn column_and_what_names_it(&self, relation: &QualifiedName, column: &Identifier) -> Vec<ComponentId> {
        let mut relations = self.descendants(relation);
        relations.insert(relation.clone());
        let mut ids = Vec::new();
        for relation in &relations {
            ids.push(ComponentId::on_relation(Kind::Column, relation.clone(), column.clone()));
            let hanging = [Kind::Constraint, Kind::Trigger, Kind::SeedRow]
                .into_iter()
                .flat_map(|kind| self.hanging(kind, relation));
            let named = hanging.filter(|(id, declaration)| match &declaration.shape {
                Shape::Trigger(trigger) => {
                    trigger.update_columns.as_ref().is_some_and(|columns| columns.contains(column))
                }
                Shape::Constraint(Constraint {
                    form: Some(ConstraintForm::Check { columns: None, .. }),
                    ..
                }) => true,
                Shape::Constraint(_) => constraint_names(declaration, column),
                _ => key_has(id, column),
            });
            ids.extend(named.map(|(id, _)| id.clone()));
            ids.extend(self.indexes_of(relation).map(|(id, _)| id.clone()).filter(|id| {
                let ComponentName::InSchema(name) = &id.name else { return false };
                let columns = self.indexes.get(name).and_then(|notes| notes.columns.as_ref());
                columns.is_none_or(|columns| columns.contains(column))
            }));
            ids.extend(self.ids(|_, declaration| {
                foreign_key(declaration).is_some_and(|(references, columns)| {
                    references == relation && columns.is_some_and(|columns| columns.contains(column))
                })
            }));
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
                    && body.is_none_or(|body| mentions(&body.text, name.as_str()))
            });
            for view in &views {
                self.obscure(view, reason);
                if let ComponentName::InSchema(name) = &view.name {
                    rest.push(name.name.clone());
                }
            }
        }
    }

    /// Rows go, or some of their columns get other values: those declared by such a key are no longer known.
    pub(super) fn change_rows(
        &mut self,
        relation: &QualifiedName,
        columns: Option<&[Identifier]>,
        reason: &str,
    ) {
        let rows = self.hanging(Kind::SeedRow, relation).map(|(id, _)| id);
        let ids: Vec<ComponentId> = rows
            .filter(|id| columns.is_none_or(|columns| columns.iter().any(|column| key_has(id, column))))
            .cloned()
            .collect();
        self.mark(&ids, reason);
    }
}

/// Whether the key of a row has the column.
fn key_has(id: &ComponentId, column: &Identifier) -> bool {
    matches!(&id.name, ComponentName::Row { key, .. } if key.iter().any(|(name, _)| name == column))
}

/// Whether a name stands in a query as a word of its own.
fn mentions(query: &str, name: &str) -> bool {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '$';
    // Inside of quotes, a quote is doubled.
    let name = name.replace('"', "\"\"");
    query.match_indices(&name).any(|(start, found)| {
        let before = query.get(..start).and_then(|text| text.chars().next_back());
        let after = query.get(start + found.len()..).and_then(|text| text.chars().next());
        !before.is_some_and(is_part) && !after.is_some_and(is_part)
    })
}

fn is_type(data_type: &TypeName, name: &QualifiedName) -> bool {
    data_type.name == name.name && data_type.schema.as_ref().is_none_or(|schema| *schema == name.schema)
}

/// Whether a column, or an argument of a function, is of the type.
fn uses_type(id: &ComponentId, declaration: &Declaration, name: &QualifiedName) -> bool {
    match (&id.name, &declaration.shape) {
        (_, Shape::Column(column)) => column.data_type.as_ref().is_some_and(|type_| is_type(type_, name)),
        (ComponentName::Routine { arguments: Some(arguments), .. }, _) => {
            arguments.iter().any(|type_| is_type(type_, name))
        }
        _ => false,
    }
}

fn calls(declaration: &Declaration, name: &QualifiedName) -> bool {
    let Shape::Trigger(trigger) = &declaration.shape else { return false };
    trigger.function.as_ref().is_some_and(|(schema, function)| {
        *function == name.name && schema.as_ref().is_none_or(|schema| *schema == name.schema)
    })
}

fn names_schema(id: &ComponentId, declaration: &Declaration, schema: &Identifier) -> bool {
    let in_it = |type_: &TypeName| type_.schema.as_ref() == Some(schema);
    match (&id.name, &declaration.shape) {
        (ComponentName::Routine { arguments: Some(arguments), .. }, _) => arguments.iter().any(in_it),
        (_, Shape::Column(column)) => column.data_type.as_ref().is_some_and(in_it),
        (_, Shape::Trigger(trigger)) => {
            trigger.function.as_ref().is_some_and(|(of, _)| of.as_ref() == Some(schema))
        }
        _ => foreign_key(declaration).is_some_and(|(references, _)| references.schema == *schema),
    }
}
