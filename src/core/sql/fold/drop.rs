//! What goes, with all that hangs on it.
//!
//! A DROP that PostgreSQL lets through either finds nothing that depends on the object, or says CASCADE: in both cases
//! what depends on it is gone afterwards.

use super::{Declaration, Declared, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::ConstraintForm;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::type_name::TypeName;

/// The kinds that hang on a relation by name.
pub(super) const HANGING: [Kind; 6] =
    [Kind::Column, Kind::Constraint, Kind::Trigger, Kind::Rule, Kind::Policy, Kind::SeedRow];

impl Declared {
    /// What DROP names goes, whoever made it, and with CASCADE what depends on it.
    pub(super) fn drop_by_name(&mut self, id: ComponentId, cascade: bool, origin: &Origin) {
        let id = if matches!(id.kind, Kind::Cast | Kind::Operator) { self.as_declared(id) } else { id };
        if cascade {
            self.cascade(&id, origin);
        }
        self.partitions_may_go(&id, origin);
        self.drop(&id);
    }

    /// Removes a component and what hangs on it. What is not declared has nothing to remove.
    pub(super) fn drop(&mut self, id: &ComponentId) {
        self.drop_dependents(id);
        match (&id.name, id.kind) {
            (ComponentName::Global(schema), Kind::Schema) => self.drop_schema(schema),
            (ComponentName::Global(role), Kind::Role) => self.drop_role(role),
            (
                ComponentName::InSchema(name),
                Kind::Table | Kind::ForeignTable | Kind::View | Kind::MaterializedView,
            ) => {
                self.drop_relation(name);
            }
            (ComponentName::InSchema(name), Kind::Sequence) => {
                for sequences in self.owned_sequences.values_mut() {
                    sequences.remove(name);
                }
            }
            (ComponentName::InSchema(name), Kind::Type) => {
                self.remove_about_parts(name);
                if self.components.contains_key(id) {
                    self.drop_columns_of(name);
                }
            }
            (ComponentName::OnRelation { relation, name }, Kind::Column) => {
                for child in self.heirs(relation, name) {
                    self.drop_column(&child, name);
                    self.remove(&ComponentId::on_relation(Kind::Column, child, name.clone()));
                }
                self.drop_column(relation, name);
            }
            (ComponentName::Routine { name, arguments }, Kind::Function) => {
                return self.drop_routine(name, arguments.as_deref());
            }
            _ => {}
        }
        self.remove(id);
    }

    /// A partitioned table takes its partitions along. One that is not declared, as a function made it, may be any table
    /// that is only named here.
    fn partitions_may_go(&mut self, id: &ComponentId, origin: &Origin) {
        let table = self.components.get(id).map(|declaration| &declaration.shape);
        if !matches!(table, Some(Shape::Table(table)) if table.partitioned == Some(true)) {
            return;
        }
        let on_others = self.ids(|other, declaration| {
            let relation = match &declaration.shape {
                Shape::Index(index) => index.relation.as_ref(),
                _ => other.relation(),
            };
            relation.is_some_and(|relation| self.relation_kind(relation).is_none())
        });
        self.mark_changed(&on_others, &origin.words("DROP TABLE of a partitioned table"));
    }

    /// The children, and theirs, that have a column for no other reason than that this table has it.
    fn heirs(&self, relation: &QualifiedName, column: &Identifier) -> Vec<QualifiedName> {
        let id = |relation: &QualifiedName| {
            ComponentId::on_relation(Kind::Column, relation.clone(), column.clone())
        };
        let mut heirs = Vec::new();
        let mut rest = vec![relation];
        while let Some(parent) = rest.pop() {
            for child in self.children.get(parent).into_iter().flatten() {
                let others = self.children.iter().filter(|(other, children)| {
                    *other != parent && children.contains(child) && self.components.contains_key(&id(other))
                });
                if others.count() == 0 && !self.own_columns.contains(&id(child)) {
                    heirs.push(child.clone());
                    rest.push(child);
                }
            }
        }
        heirs
    }

    /// Removes one component with what is said of it, and nothing else.
    pub(super) fn remove(&mut self, id: &ComponentId) -> Option<Declaration> {
        self.remove_about(id);
        let declaration = self.components.remove(id)?;
        self.own_columns.remove(id);
        match (&id.name, &declaration.shape) {
            (ComponentName::OnRelation { relation, name }, Shape::Constraint(constraint)) => {
                self.constraint_names.remove(&relation.schema, name, constraint);
            }
            (ComponentName::OnRelation { relation, name }, Shape::Column(_)) => {
                if let Some(columns) = self.columns.get_mut(relation) {
                    columns.retain(|column| column != name);
                }
            }
            (ComponentName::InSchema(name), Shape::Index(_)) => {
                self.indexes.remove(name);
            }
            (ComponentName::InSchema(name), Shape::Table(_) | Shape::ForeignTable(_)) => {
                self.columns.remove(name);
            }
            _ => {}
        }
        Some(declaration)
    }

    fn remove_all(&mut self, ids: &[ComponentId]) {
        for id in ids {
            self.remove(id);
        }
    }

    pub(super) fn ids(&self, which: impl Fn(&ComponentId, &Declaration) -> bool) -> Vec<ComponentId> {
        self.components
            .iter()
            .filter(|(id, declaration)| which(id, declaration))
            .map(|(id, _)| id.clone())
            .collect()
    }

    fn drop_schema(&mut self, schema: &Identifier) {
        // One by one: what is outside goes along, as the columns of a type do.
        for id in self.ids(|id, _| id.schema() == Some(schema)) {
            self.drop(&id);
        }
        let inside = self.ids(|id, _| id.schema() == Some(schema));
        self.remove_all(&inside);
        let references = self.ids(|_, declaration| {
            foreign_key(declaration).is_some_and(|(references, _)| references.schema == *schema)
        });
        self.remove_all(&references);
    }

    /// All that hangs on a relation, and the foreign keys that point to it.
    fn drop_relation(&mut self, relation: &QualifiedName) {
        // The children go too: partitions always, others only by CASCADE, without which there are none.
        for child in self.children.remove(relation).into_iter().flatten() {
            for kind in [Kind::Table, Kind::ForeignTable] {
                self.drop(&ComponentId::in_schema(kind, child.clone()));
            }
        }
        for children in self.children.values_mut() {
            children.remove(relation);
        }
        self.partitions.remove(relation);
        let sequences = self.owned_sequences.extract_if(.., |(table, _), _| table == relation);
        let sequences: Vec<ComponentId> = sequences
            .flat_map(|(_, names)| names)
            .map(|name| ComponentId::in_schema(Kind::Sequence, name))
            .collect();
        self.remove_all(&sequences);
        self.remove_about_parts(relation);
        for kind in HANGING {
            let ids: Vec<ComponentId> = self.hanging(kind, relation).map(|(id, _)| id.clone()).collect();
            self.remove_all(&ids);
        }
        let others: Vec<ComponentId> = self
            .of_kind(Kind::Constraint)
            .filter(|(_, declaration)| {
                foreign_key(declaration).is_some_and(|(references, _)| references == relation)
            })
            .chain(self.indexes_of(relation))
            .map(|(id, _)| id.clone())
            .collect();
        self.remove_all(&others);
    }

    pub(super) fn indexes_of(
        &self,
        relation: &QualifiedName,
    ) -> impl Iterator<Item = (&ComponentId, &Declaration)> {
        self.of_kind(Kind::Index).filter(move |(_, declaration)| {
            matches!(&declaration.shape, Shape::Index(index) if index.relation.as_ref() == Some(relation))
        })
    }

    /// A column goes with every constraint and index that names it, whatever other columns those name.
    fn drop_column(&mut self, relation: &QualifiedName, column: &Identifier) {
        let mut ids: Vec<ComponentId> = self
            .hanging(Kind::Constraint, relation)
            .filter(|(_, declaration)| constraint_names(declaration, column))
            .chain(self.hanging(Kind::Trigger, relation).filter(|(_, declaration)| {
                matches!(&declaration.shape, Shape::Trigger(trigger)
                    if trigger.update_columns.as_ref().is_some_and(|columns| columns.contains(column)))
            }))
            .map(|(id, _)| id.clone())
            .collect();
        ids.extend(self.of_kind(Kind::Constraint).filter_map(|(id, declaration)| {
            let (references, columns) = foreign_key(declaration)?;
            let named = references == relation && columns.is_some_and(|columns| columns.contains(column));
            named.then(|| id.clone())
        }));
        let mut unsure = Vec::new();
        for (id, _) in self.indexes_of(relation) {
            let ComponentName::InSchema(name) = &id.name else { continue };
            match self.indexes.get(name).map(|notes| &notes.columns) {
                Some(Some(columns)) if columns.contains(column) => ids.push(id.clone()),
                Some(Some(_)) => {}
                Some(None) | None => unsure.push(id.clone()),
            }
        }
        self.remove_all(&ids);
        self.drop_from_keys(relation, column);
        for id in unsure {
            self.obscure(&id, "ALTER TABLE ... DROP COLUMN");
        }
        self.drop_owned_sequences(relation, column);
    }

    pub(super) fn drop_owned_sequences(&mut self, relation: &QualifiedName, column: &Identifier) {
        let sequences = self.owned_sequences.remove(&(relation.clone(), column.clone()));
        for name in sequences.into_iter().flatten() {
            self.remove(&ComponentId::in_schema(Kind::Sequence, name));
        }
    }

    /// The columns of a type that goes.
    pub(super) fn drop_columns_of(&mut self, name: &QualifiedName) {
        let is_it = |data_type: &TypeName| {
            data_type.name == name.name
                && data_type.schema.as_ref().is_none_or(|schema| *schema == name.schema)
        };
        let columns: Vec<ComponentId> = self
            .of_kind(Kind::Column)
            .filter(|(_, declaration)| {
                matches!(&declaration.shape, Shape::Column(column) if column.data_type.as_ref().is_some_and(is_it))
            })
            .map(|(id, _)| id.clone())
            .collect();
        for id in &columns {
            self.drop(id);
        }
    }

    /// A function goes with its triggers. Without arguments, any overload is meant.
    fn drop_routine(&mut self, name: &QualifiedName, arguments: Option<&[TypeName]>) {
        let ids = self.overloads(name, arguments);
        if ids.is_empty() {
            let arguments = arguments.map(<[TypeName]>::to_vec);
            self.remove_about(&ComponentId::routine(name.clone(), arguments));
            return;
        }
        self.remove_all(&ids);
        if arguments.is_some_and(|arguments| !arguments.is_empty()) {
            return;
        }
        let triggers: Vec<ComponentId> = self
            .of_kind(Kind::Trigger)
            .filter(|(_, declaration)| {
                let Shape::Trigger(trigger) = &declaration.shape else { return false };
                trigger.function.as_ref().is_some_and(|(schema, function)| {
                    *function == name.name && schema.as_ref().is_none_or(|schema| *schema == name.schema)
                })
            })
            .map(|(id, _)| id.clone())
            .collect();
        self.remove_all(&triggers);
    }

    pub(super) fn overloads(
        &self,
        wanted: &QualifiedName,
        arguments: Option<&[TypeName]>,
    ) -> Vec<ComponentId> {
        let same = |id: &&ComponentId| match &id.name {
            ComponentName::Routine { name, arguments: declared } => {
                name == wanted
                    && match (arguments, declared) {
                        (Some(arguments), Some(declared)) => same_arguments(arguments, declared),
                        _ => true,
                    }
            }
            _ => false,
        };
        self.of_kind(Kind::Function).map(|(id, _)| id).filter(same).cloned().collect()
    }
}

/// Types as two statements spell them: either may leave the schema out.
pub(super) fn same_arguments(written: &[TypeName], declared: &[TypeName]) -> bool {
    written.len() == declared.len()
        && written.iter().zip(declared).all(|(a, b)| a.is_same_ignoring_modifier(b))
}

/// The table and the columns that a foreign key points to.
pub(super) fn foreign_key(declaration: &Declaration) -> Option<(&QualifiedName, Option<&Vec<Identifier>>)> {
    match declaration.shape.constraint_form() {
        Some(ConstraintForm::ForeignKey { references, referenced_columns, .. }) => {
            Some((references, referenced_columns.as_ref()))
        }
        _ => None,
    }
}

/// Whether a constraint names a column of its own table.
pub(super) fn constraint_names(declaration: &Declaration, column: &Identifier) -> bool {
    let Some(form) = declaration.shape.constraint_form() else { return false };
    match form {
        ConstraintForm::PrimaryKey { columns }
        | ConstraintForm::Unique { columns, .. }
        | ConstraintForm::ForeignKey { columns, .. } => columns.contains(column),
        ConstraintForm::Check { columns, .. } => {
            columns.as_ref().is_some_and(|columns| columns.contains(column))
        }
        ConstraintForm::Exclusion(exclusion) => {
            exclusion.as_ref().is_some_and(|exclusion| exclusion.columns().any(|of| of == column))
        }
    }
}
