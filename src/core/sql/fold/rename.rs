//! RENAME and SET SCHEMA: what goes under another name takes along what hangs on it, and whatever names it says the new
//! name from then on. Names that PostgreSQL made up stay as they were.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::taken::ConstraintNames;
use super::{Applied, Declaration, Declared, Origin, created_twice};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::extension::Extension;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::renaming::Renaming;
use crate::core::sql::effect::known_as;
use crate::core::type_name::TypeName;

impl Declared {
    /// Renames a component, or moves it into another schema. One that is not declared takes along what is declared of
    /// it. A name that is no longer known to be used is free.
    pub(super) fn rename(&mut self, from: ComponentId, to: ComponentId, origin: &Origin) -> Applied {
        let (from, to) = self.meant(from, to);
        if from == to {
            return Ok(Vec::new());
        }
        self.forget_renamed(&to);
        if let Some(first) = self.components.get(&to).filter(|_| self.components.contains_key(&from)) {
            return Err(created_twice(&to, first));
        }
        let words = words(&from, &to, origin);
        for renaming in self.renamings(&from, &to) {
            self.obscure_ambiguous(&renaming, &words);
            self.doubt_what_says(&renaming, &words);
            self.apply_renaming(&renaming);
            self.shared_owners.values_mut().for_each(|owner| renaming.role(owner));
        }
        if let Some(renamed) = self.components.get_mut(&to) {
            renamed.changed_by(origin);
            renamed.name_is_generated &= moves(&from, &to);
        }
        Ok(Vec::new())
    }

    /// An extension moves with its types and functions, of which nothing is declared: types that were written with the
    /// old schema may be among them.
    pub(super) fn move_extension(&mut self, id: ComponentId, change: Extension, origin: &Origin) {
        let (Shape::Extension(extension), Some(new)) = (self.part_of(id, origin), change.schema) else {
            return;
        };
        let Some(old) = extension.schema.replace(new) else { return };
        let types: BTreeSet<QualifiedName> = self.type_names().cloned().collect();
        let declared = |data_type: &TypeName| types.iter().any(|name| data_type.may_be(name));
        let is_column = |id: &ComponentId, _: &Declaration| id.kind == Kind::Column;
        self.components.change_each(is_column, |_, declaration| {
            if let Shape::Column(column) = &mut declaration.shape
                && let Some(data_type) = &mut column.data_type
                && data_type.schema.as_ref() == Some(&old)
                && !declared(data_type)
            {
                data_type.schema = None;
            }
        });
        let words = format!("ALTER EXTENSION ... SET SCHEMA at {}", origin.position);
        self.doubt(&words, |_, text| super::doubt::mentions(text, &old));
    }

    /// The component that is meant: ALTER TABLE may name any relation, ALTER INDEX the index of a constraint, and a
    /// function may be named without its arguments, or with other spellings of them.
    fn meant(&self, from: ComponentId, to: ComponentId) -> (ComponentId, ComponentId) {
        match (&from.name, &to.name) {
            (ComponentName::InSchema(old), ComponentName::InSchema(new)) if from.kind.is_relation() => {
                if let Some(kind) = self.relation_kind(old) {
                    return (
                        ComponentId::in_schema(kind, old.clone()),
                        ComponentId::in_schema(kind, new.clone()),
                    );
                }
                if let Some(id) = self.constraint_with_index(old)
                    && let Some(relation) = id.relation()
                {
                    let to = ComponentId::on_relation(Kind::Constraint, relation.clone(), new.name.clone());
                    return (id, to);
                }
                (from, to)
            }
            (ComponentName::Routine { .. }, ComponentName::Routine { name: new, .. }) => {
                let from = self.as_declared(from);
                let ComponentName::Routine { arguments, .. } = &from.name else { return (from, to) };
                let name = ComponentName::Routine { name: new.clone(), arguments: arguments.clone() };
                let to = ComponentId { kind: to.kind, name };
                (from, to)
            }
            _ => (from, to),
        }
    }

    /// All declared objects that have a schema of their own, for [`Scope::objects`](crate::core::sql::effect::Scope).
    #[must_use]
    pub fn objects(&self) -> Arc<BTreeSet<ComponentId>> {
        Arc::new(self.components.keys().filter_map(known_as).collect())
    }

    /// The kind of the declared relation of that name.
    pub(super) fn relation_kind(&self, name: &QualifiedName) -> Option<Kind> {
        Kind::ALL
            .iter()
            .copied()
            .filter(|kind| kind.is_relation())
            .find(|kind| self.components.contains_key(&ComponentId::in_schema(*kind, name.clone())))
    }

    /// The constraint that an index of that name carries out.
    fn constraint_with_index(&self, name: &QualifiedName) -> Option<ComponentId> {
        let has_index = |constraint: &Constraint| {
            matches!(
                constraint.form,
                Some(
                    ConstraintForm::PrimaryKey { .. }
                        | ConstraintForm::Unique { .. }
                        | ConstraintForm::Exclusion(_)
                )
            )
        };
        self.of_kind(Kind::Constraint).find_map(|(id, declaration)| match (&id.name, &declaration.shape) {
            (ComponentName::OnRelation { relation, name: own }, Shape::Constraint(constraint))
                if *own == name.name && relation.schema == name.schema && has_index(constraint) =>
            {
                Some(id.clone())
            }
            _ => None,
        })
    }

    /// What a rename comes to: an object that moves takes its indexes and sequences into the new schema, a column and a
    /// check are inherited.
    fn renamings(&self, from: &ComponentId, to: &ComponentId) -> Vec<Renaming> {
        match (&from.name, &to.name) {
            (ComponentName::Global(old), ComponentName::Global(new)) if from.kind == Kind::Schema => {
                vec![Renaming::Schema { from: old.clone(), to: new.clone() }]
            }
            (ComponentName::Global(old), ComponentName::Global(new)) if from.kind == Kind::Role => {
                vec![Renaming::Role { from: old.clone(), to: new.clone() }]
            }
            (ComponentName::InSchema(old), ComponentName::InSchema(new)) if from.kind.is_relation() => {
                let mut renamings = Vec::new();
                if old.schema != new.schema {
                    renamings.extend(self.what_moves_with(old).into_iter().map(|from| {
                        let to = QualifiedName { schema: new.schema.clone(), name: from.name.clone() };
                        Renaming::Relation { from, to, has_rows: false }
                    }));
                }
                let has_rows = !matches!(from.kind, Kind::Index | Kind::Sequence);
                renamings.push(Renaming::Relation { from: old.clone(), to: new.clone(), has_rows });
                renamings
            }
            (ComponentName::InSchema(old), ComponentName::InSchema(new)) if from.kind == Kind::Type => {
                vec![Renaming::Type { from: old.clone(), to: new.clone() }]
            }
            (
                ComponentName::OnRelation { relation, name: old },
                ComponentName::OnRelation { name: new, .. },
            ) if from.kind == Kind::Column => {
                let mut relations = self.descendants(relation);
                relations.insert(relation.clone());
                vec![Renaming::Column { relations, from: old.clone(), to: new.clone() }]
            }
            (
                ComponentName::OnRelation { relation, name: old },
                ComponentName::OnRelation { name: new, .. },
            ) if from.kind == Kind::Constraint && self.is_check(from) => {
                let mut relations = self.descendants(relation);
                relations.insert(relation.clone());
                let on = |relation, name: &Identifier| {
                    ComponentId::on_relation(Kind::Constraint, relation, name.clone())
                };
                let rename = |relation: QualifiedName| {
                    let (from, to) = (on(relation.clone(), old), on(relation, new));
                    self.is_check(&from).then_some(Renaming::Other { from, to })
                };
                relations.into_iter().filter_map(rename).collect()
            }
            (ComponentName::Routine { name, arguments }, ComponentName::Routine { name: new, .. }) => {
                let is_called_without =
                    arguments.as_ref().is_none_or(Vec::is_empty) && !self.is_ambiguous_function(name);
                vec![Renaming::Routine { from: from.clone(), to: new.clone(), is_called_without }]
            }
            _ => vec![Renaming::Other { from: from.clone(), to: to.clone() }],
        }
    }

    fn is_check(&self, id: &ComponentId) -> bool {
        self.components.get(id).is_some_and(|declaration| {
            matches!(declaration.shape.constraint_form(), Some(ConstraintForm::Check { .. }))
        })
    }

    /// The indexes of a relation, and the sequences that its columns own.
    fn what_moves_with(&self, relation: &QualifiedName) -> Vec<QualifiedName> {
        let indexes = self.indexes_of(relation).filter_map(|(id, _)| match &id.name {
            ComponentName::InSchema(name) => Some(name.clone()),
            _ => None,
        });
        let sequences = self.owned_sequences.iter().filter(|((table, _), _)| table == relation);
        indexes.chain(sequences.flat_map(|(_, names)| names.iter().cloned())).collect()
    }

    fn type_names(&self) -> impl Iterator<Item = &QualifiedName> {
        let kinds = [Kind::Type, Kind::Table, Kind::ForeignTable, Kind::View, Kind::MaterializedView];
        kinds.into_iter().flat_map(|kind| self.of_kind(kind)).filter_map(|(id, _)| match &id.name {
            ComponentName::InSchema(name) => Some(name),
            _ => None,
        })
    }

    fn is_ambiguous_function(&self, name: &QualifiedName) -> bool {
        self.of_kind(Kind::Function).any(|(id, _)| match &id.name {
            ComponentName::Routine { name: other, arguments } => {
                other.name == name.name
                    && other.schema != name.schema
                    && arguments.as_ref().is_none_or(Vec::is_empty)
            }
            _ => false,
        })
    }

    /// Where several types, or functions, of different schemas share the name, one that is written without a schema may
    /// be any of them: what says it so is no longer known.
    fn obscure_ambiguous(&mut self, renaming: &Renaming, words: &str) {
        let ids = match renaming {
            Renaming::Type { from, .. } | Renaming::Relation { from, has_rows: true, .. }
                if self.type_names().any(|other| other.name == from.name && other.schema != from.schema) =>
            {
                self.ids(|id, declaration| {
                    super::obscure::types_of(id, declaration)
                        .any(|data_type| data_type.schema.is_none() && data_type.may_be(from))
                })
            }
            Renaming::Routine { from, is_called_without: false, .. } => {
                let ComponentName::Routine { name, arguments } = &from.name else { return };
                if arguments.as_ref().is_some_and(|arguments| !arguments.is_empty()) {
                    return;
                }
                self.ids(|_, declaration| super::obscure::calls(declaration, name))
            }
            _ => return,
        };
        self.mark(&ids, words);
    }

    fn apply_renaming(&mut self, renaming: &Renaming) {
        let mut moved = Vec::new();
        self.components.change_each(
            |_, _| true,
            |id, declaration| {
                declaration.shape.rename(id, renaming);
                if let Some(new) = renaming.id(id) {
                    moved.push((id.clone(), new));
                }
            },
        );
        let taken: Vec<_> = moved
            .into_iter()
            .filter_map(|(old, new)| self.components.remove(&old).map(|declaration| (new, declaration)))
            .collect();
        for (id, declaration) in taken {
            self.components.insert(id, declaration);
        }
        self.rename_in_notes(renaming);
        self.constraint_names = ConstraintNames::of(&self.components);
    }

    /// The private parts: by relation, index and sequence.
    fn rename_in_notes(&mut self, renaming: &Renaming) {
        let relation = |mut name: QualifiedName| {
            renaming.relation(&mut name);
            name
        };
        let relations = |names: BTreeSet<QualifiedName>| names.into_iter().map(relation).collect();
        self.columns = std::mem::take(&mut self.columns)
            .into_iter()
            .map(|(name, mut columns)| {
                renaming.columns(&name, &mut columns);
                (relation(name), columns)
            })
            .collect();
        self.children = std::mem::take(&mut self.children)
            .into_iter()
            .map(|(name, children)| (relation(name), relations(children)))
            .collect();
        self.owned_sequences = std::mem::take(&mut self.owned_sequences)
            .into_iter()
            .map(|((table, mut column), sequences)| {
                renaming.column(&table, &mut column);
                ((relation(table), column), relations(sequences))
            })
            .collect();
        self.partitions = relations(std::mem::take(&mut self.partitions));
        self.own_columns = std::mem::take(&mut self.own_columns)
            .into_iter()
            .map(|id| renaming.id(&id).unwrap_or(id))
            .collect();
        let tables: BTreeMap<QualifiedName, QualifiedName> = self
            .of_kind(Kind::Index)
            .filter_map(|(id, declaration)| match (&id.name, &declaration.shape) {
                (ComponentName::InSchema(name), Shape::Index(index)) => {
                    Some((name.clone(), index.relation.clone()?))
                }
                _ => None,
            })
            .collect();
        self.indexes = std::mem::take(&mut self.indexes)
            .into_iter()
            .map(|(name, mut notes)| {
                let name = relation(name);
                if let Some(table) = tables.get(&name) {
                    renaming.columns(table, &mut notes.name_parts);
                    if let Some(columns) = &mut notes.columns {
                        renaming.column_set(table, columns);
                    }
                }
                (name, notes)
            })
            .collect();
    }
}

/// Whether the name stays and the schema changes.
fn moves(from: &ComponentId, to: &ComponentId) -> bool {
    from.schema().is_some() && from.schema() != to.schema()
}

/// The statement, as findings say it.
fn words(from: &ComponentId, to: &ComponentId, origin: &Origin) -> String {
    let what = match from.kind {
        Kind::Column => "ALTER TABLE ... RENAME COLUMN".to_owned(),
        Kind::Constraint => "ALTER TABLE ... RENAME CONSTRAINT".to_owned(),
        kind => {
            let verb = if moves(from, to) { "SET SCHEMA" } else { "RENAME" };
            format!("ALTER {} ... {verb}", kind.id().replace('_', " ").to_uppercase())
        }
    };
    format!("{what} at {}", origin.position)
}
