//! Constraints, indexes and owned sequences: what PostgreSQL names where the SQL does not.

use super::table::Children;
use super::{Declaration, Declared, IndexNotes, Origin, created_twice};
use crate::core::component::ComponentId;
use crate::core::definition::{Clause, Definition};
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::index::{Index, KeyTarget};
use crate::core::kind::sequence::Sequence;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{ColumnChange, IfExists};
use crate::core::sql::{generated_name, quoting};

impl Declared {
    pub(super) fn add_constraint(
        &mut self,
        relation: &QualifiedName,
        name: Option<Identifier>,
        mut constraint: Constraint,
        name_parts: &[Identifier],
        origin: &Origin,
    ) -> Result<(), String> {
        self.refuse_a_second_key(relation, &constraint, origin)?;
        let name_is_generated = name.is_none();
        let name = match name {
            Some(name) => name,
            None => self.constraint_name(relation, &constraint, name_parts),
        };
        let id = ComponentId::on_relation(Kind::Constraint, relation.clone(), name);
        self.forget_renamed(&id);
        if let Some(first) = self.components.get(&id) {
            return Err(created_twice(&id, first));
        }
        if let Some(ConstraintForm::ForeignKey { references, referenced_columns, .. }) = &mut constraint.form
            && referenced_columns.is_none()
        {
            *referenced_columns = self.primary_key(references).map(<[Identifier]>::to_vec);
        }
        if let Some(ConstraintForm::PrimaryKey { columns }) = &constraint.form {
            for column in columns {
                self.change_column(relation, column, ColumnChange::NotNull(true), Children::Open, origin);
            }
        }
        self.insert(id, constraint.into(), name_is_generated, origin);
        Ok(())
    }

    /// A table has one primary key. Where a statement adds another one and was run, the first went in a way that is not
    /// modelled (a computed EXECUTE), so that neither is known. One that may have gone made way.
    fn refuse_a_second_key(
        &mut self,
        relation: &QualifiedName,
        constraint: &Constraint,
        origin: &Origin,
    ) -> Result<(), String> {
        let is_key = |declaration: &Declaration| {
            matches!(declaration.shape.constraint_form(), Some(ConstraintForm::PrimaryKey { .. }))
        };
        if !matches!(constraint.form, Some(ConstraintForm::PrimaryKey { .. })) {
            return Ok(());
        }
        let first = self.hanging(Kind::Constraint, relation).find(|(_, declaration)| is_key(declaration));
        let Some((first, is_known, said)) = first.map(|(id, declaration)| {
            (id.clone(), declaration.obscured_by.is_none(), created_twice(id, declaration))
        }) else {
            return Ok(());
        };
        if !is_known {
            // That it may be gone was known before: now it must be.
            self.remove(&first);
            return Ok(());
        }
        self.obscure(&first, &origin.words("ADD PRIMARY KEY to a table that has one"));
        Err(said.replace("is created twice", "is the primary key already"))
    }

    /// The name that PostgreSQL gives (`ChooseIndexName` and `ChooseConstraintName`).
    fn constraint_name(
        &self,
        relation: &QualifiedName,
        constraint: &Constraint,
        name_parts: &[Identifier],
    ) -> Identifier {
        let addition = Some(generated_name::addition(name_parts)).filter(|addition| !addition.is_empty());
        let label = match constraint.form {
            Some(ConstraintForm::PrimaryKey { .. }) => "pkey",
            Some(ConstraintForm::Unique { .. }) => "key",
            Some(ConstraintForm::Exclusion(_)) => "excl",
            Some(ConstraintForm::ForeignKey { .. }) => "fkey",
            Some(ConstraintForm::Check { .. }) | None => "check",
        };
        let has_index = matches!(label, "pkey" | "key" | "excl");
        generated_name::choose(&relation.name, addition.as_deref(), label, |name| {
            let name = QualifiedName { schema: relation.schema.clone(), name: name.clone() };
            self.constraint_name_is_taken(&name) || (has_index && self.relation_is_taken(&name))
        })
    }

    /// The columns of a declared primary key.
    pub(super) fn primary_key(&self, relation: &QualifiedName) -> Option<&[Identifier]> {
        self.hanging(Kind::Constraint, relation).find_map(|(_, declaration)| {
            match declaration.shape.constraint_form() {
                Some(ConstraintForm::PrimaryKey { columns }) => Some(columns.as_slice()),
                _ => None,
            }
        })
    }

    /// The columns of the declared unique constraints, then of the unique indexes that cover every row by columns.
    pub(super) fn unique_keys(&self, relation: &QualifiedName) -> Vec<Vec<Identifier>> {
        let constraints = self.hanging(Kind::Constraint, relation).filter_map(|(_, declaration)| {
            match declaration.shape.constraint_form() {
                Some(ConstraintForm::Unique { columns, .. }) => Some(columns.clone()),
                _ => None,
            }
        });
        let indexes = self.of_kind(Kind::Index).filter_map(|(_, declaration)| match &declaration.shape {
            Shape::Index(index) if index.relation.as_ref() == Some(relation) => unique_columns(index),
            _ => None,
        });
        constraints.chain(indexes).collect()
    }

    pub(super) fn constraint_from_index(
        &mut self,
        relation: &QualifiedName,
        name: Option<Identifier>,
        index: &QualifiedName,
        primary: bool,
        mut constraint: Constraint,
        origin: &Origin,
    ) -> Result<(), String> {
        let name = name.unwrap_or_else(|| index.name.clone());
        let id = ComponentId::on_relation(Kind::Constraint, relation.clone(), name);
        self.forget_renamed(&id);
        if let Some(first) = self.components.get(&id) {
            return Err(created_twice(&id, first));
        }
        let index = self.remove(&ComponentId::in_schema(Kind::Index, index.clone()));
        if let Some(Shape::Index(index)) = index.as_ref().map(|index| &index.shape)
            && let Some(columns) = key_columns(index)
        {
            let nulls_not_distinct = index.nulls_not_distinct.unwrap_or_default();
            constraint.form = Some(if primary {
                ConstraintForm::PrimaryKey { columns }
            } else {
                ConstraintForm::Unique { columns, nulls_not_distinct }
            });
        }
        if let Some(ConstraintForm::PrimaryKey { columns }) = &constraint.form {
            for column in columns {
                self.change_column(relation, column, ColumnChange::NotNull(true), Children::Open, origin);
            }
        }
        self.insert(id.clone(), constraint.into(), false, origin);
        if let (Some(index), Some(declaration)) = (index, self.components.get_mut(&id)) {
            declaration.made_by.splice(0..0, index.made_by);
        }
        Ok(())
    }

    pub(super) fn create_index(
        &mut self,
        relation: &QualifiedName,
        name: Option<Identifier>,
        index: Index,
        if_exists: IfExists,
        notes: IndexNotes,
        origin: &Origin,
    ) -> Result<(), String> {
        let name_is_generated = name.is_none();
        let in_schema = |name: Identifier| QualifiedName { schema: relation.schema.clone(), name };
        let name = in_schema(name.unwrap_or_else(|| {
            let addition = generated_name::addition(&notes.name_parts);
            generated_name::choose(&relation.name, Some(&addition), "idx", |name| {
                self.relation_is_taken(&in_schema(name.clone()))
            })
        }));
        if if_exists == IfExists::Keep && self.relation_is_taken(&name) {
            return Ok(());
        }
        let id = ComponentId::in_schema(Kind::Index, name.clone());
        self.forget_renamed(&id);
        if let Some(first) = self.components.get(&id) {
            return Err(created_twice(&id, first));
        }
        self.insert(id, index.into(), name_is_generated, origin);
        self.indexes.insert(name, notes);
        Ok(())
    }

    /// The sequence of a serial or identity column. One of this name that is declared already stays: it was made for
    /// the column before (`create sequence`, then `alter table ... add generated ... (sequence name ...)`).
    pub(super) fn owned_sequence(
        &mut self,
        relation: QualifiedName,
        column: Identifier,
        name: Option<QualifiedName>,
        mut sequence: Sequence,
        origin: &Origin,
    ) {
        let name_is_generated = name.is_none();
        let name = name.unwrap_or_else(|| {
            let in_schema = |name: Identifier| QualifiedName { schema: relation.schema.clone(), name };
            let taken = |name: &Identifier| self.relation_is_taken(&in_schema(name.clone()));
            in_schema(generated_name::choose(&relation.name, Some(column.as_str()), "seq", taken))
        });
        if sequence.data_type.is_none() {
            let id = ComponentId::on_relation(Kind::Column, relation.clone(), column.clone());
            if let Some(Shape::Column(column)) = self.components.get(&id).map(|column| &column.shape) {
                sequence.data_type.clone_from(&column.data_type);
            }
        }
        let id = ComponentId::in_schema(Kind::Sequence, name.clone());
        if !self.components.contains_key(&id) {
            sequence.owner = Some(relation.clone());
            sequence.owner_column = Some(column.clone());
            self.insert(id, sequence.into(), name_is_generated, origin);
        }
        self.owned_sequences.entry((relation, column)).or_default().insert(name);
    }

    /// Says what the defaults of serial columns are, after all statements: the next values of the sequences that they
    /// own by then. A name that PostgreSQL chose may have come out otherwise in the database, which makes no difference.
    pub fn name_sequences(&mut self) {
        let owners: Vec<_> = self.owned_sequences.keys().cloned().collect();
        for (relation, column) in owners {
            let Some((mut value, name_is_generated)) = self.next_value(&relation, &column) else { continue };
            value.doubt = name_is_generated.then(|| "PostgreSQL chose the name of its sequence".to_owned());
            let id = ComponentId::on_relation(Kind::Column, relation, column);
            let Some(Shape::Column(column)) = self.components.get_mut(&id).map(|it| &mut it.shape) else {
                continue;
            };
            if let Some(Clause::Defined(default @ None)) = &mut column.default {
                *default = Some(value);
            }
        }
    }

    /// The next value of the one sequence that a column owns, and whether PostgreSQL chose the name of the sequence.
    pub(super) fn next_value(
        &self,
        relation: &QualifiedName,
        column: &Identifier,
    ) -> Option<(Definition, bool)> {
        let sequences = self.owned_sequences.get(&(relation.clone(), column.clone()))?;
        let sequence = sequences.first().filter(|_| sequences.len() == 1)?;
        let declared = self.components.get(&ComponentId::in_schema(Kind::Sequence, sequence.clone()));
        let text = format!("nextval({}::regclass)", quoting::literal(&sequence.to_string()));
        let search_path = std::sync::Arc::from([relation.schema.clone()]);
        Some((Definition::declared(text, &search_path), declared.is_some_and(|it| it.name_is_generated)))
    }

    /// Ties a sequence to the column that owns it, or unties it.
    pub(super) fn own_sequence(&mut self, name: &QualifiedName, owner: Option<(QualifiedName, Identifier)>) {
        for sequences in self.owned_sequences.values_mut() {
            sequences.remove(name);
        }
        let id = ComponentId::in_schema(Kind::Sequence, name.clone());
        if let Some(Shape::Sequence(sequence)) =
            self.components.get_mut(&id).map(|declared| &mut declared.shape)
        {
            (sequence.owner, sequence.owner_column) = owner.clone().unzip();
        }
        if let Some(owner) = owner {
            self.owned_sequences.entry(owner).or_default().insert(name.clone());
        }
    }

    /// A constraint that a table declared here does not have is one of its NOT NULLs, which have names since PostgreSQL
    /// 18 and are a part of their column here.
    pub(super) fn validate_constraint(&mut self, relation: QualifiedName, name: Identifier, origin: &Origin) {
        let table_is_declared = self.columns.contains_key(&relation);
        let id = ComponentId::on_relation(Kind::Constraint, relation, name);
        if table_is_declared && !self.components.contains_key(&id) {
            return;
        }
        if let Shape::Constraint(constraint) = self.part_of(id, origin) {
            constraint.validated = Some(true);
        }
    }
}

/// The columns of an index that has columns only.
fn key_columns(index: &Index) -> Option<Vec<Identifier>> {
    let column = |target: &KeyTarget| match target {
        KeyTarget::Column(column) => Some(column.clone()),
        KeyTarget::Expression(_) => None,
    };
    index.keys.as_ref()?.iter().map(|key| column(&key.target)).collect()
}

pub(super) fn unique_columns(index: &Index) -> Option<Vec<Identifier>> {
    let covers_all = index.unique == Some(true) && index.predicate == Some(Clause::Absent);
    covers_all.then(|| key_columns(index))?
}
