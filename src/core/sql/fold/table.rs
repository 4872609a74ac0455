//! Tables and their columns.

use std::collections::BTreeSet;

use super::{Applied, Declared, Origin};
use crate::core::component::{ComponentId, ComponentName};
use crate::core::definition::Clause;
use crate::core::kind::about::about;
use crate::core::kind::column::{Column, Generated, Identity};
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::index::Index;
use crate::core::kind::parameters::Parameters;
use crate::core::kind::sequence::Sequence;
use crate::core::kind::{Kind, Shape};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::effect::{ColumnChange, CopyOptions, Effect, IfExists, SequenceOf, SequenceOptions};
use crate::core::type_name::TypeName;

impl Declared {
    /// Makes a table or column with its parts. What is refused of the parts does not keep the others back; the first
    /// refusal is the error.
    pub(super) fn create_with(
        &mut self,
        id: ComponentId,
        shape: Shape,
        if_exists: IfExists,
        parts: Vec<Effect>,
        origin: &Origin,
    ) -> Applied {
        let table = match &id.name {
            ComponentName::InSchema(table) if matches!(id.kind, Kind::Table | Kind::ForeignTable) => {
                Some(table.clone())
            }
            _ => None,
        };
        let added = match (&id.name, &shape) {
            (ComponentName::OnRelation { relation, name }, Shape::Column(column)) => {
                Some((relation.clone(), name.clone(), column.clone()))
            }
            _ => None,
        };
        let (id, shape) = self.with_types_of_columns(id, shape, &parts);
        if !self.create(id, shape, if_exists, origin)? {
            return Ok(Vec::new());
        }
        if let Some(table) = &table {
            self.columns.insert(table.clone(), Vec::new());
        } else if let Some((relation, name, column)) = added {
            self.add_to_children(&relation, &name, &column, origin);
            let words = origin.words("ALTER TABLE ... ADD COLUMN");
            self.doubt_queries_of(&relation, &name, &words);
        }
        let mut notes = Vec::new();
        let mut refusal = None;
        for part in parts {
            let part = match &table {
                // Of a column that may stand in a parent too, which is not declared, only what is said is known.
                Some(table) if !self.columns.contains_key(table) => leave_unsaid_open(part),
                _ => part,
            };
            match self.apply(part, origin) {
                Ok(more) => notes.extend(more),
                Err(sentence) => refusal = refusal.or(Some(sentence)),
            }
        }
        refusal.map_or(Ok(notes), Err)
    }

    /// A column that is added to a table is added to those that inherit from it, or becomes one with theirs.
    fn add_to_children(
        &mut self,
        relation: &QualifiedName,
        name: &Identifier,
        column: &Column,
        origin: &Origin,
    ) {
        for child in self.descendants(relation) {
            let id = ComponentId::on_relation(Kind::Column, child, name.clone());
            let is_identity = column.identity.is_some_and(|identity| identity != Identity::None);
            let identity = if is_identity { None } else { column.identity };
            let copy = Column { identity, ..column.clone() };
            // A column of a child cannot be refused here: it is merged.
            let _merged = self.create(id, copy.into(), IfExists::Merge, origin);
        }
    }

    /// Copies columns and more from a declared table. Where the source, or its columns, are not known, so are not the
    /// new table's.
    pub(super) fn copy_table(
        &mut self,
        relation: &QualifiedName,
        from: &QualifiedName,
        options: CopyOptions,
        origin: &Origin,
    ) -> Vec<String> {
        if options.inherits {
            self.add_child(from, relation);
        }
        if options.partition {
            self.partitions.insert(relation.clone());
        }
        let Some(columns) = self.columns.get(from).cloned() else {
            self.columns.remove(relation);
            return vec![format!(
                "the columns that {relation} takes from {from}, which is not declared here"
            )];
        };
        let mut refused = Vec::new();
        for name in columns {
            let source = ComponentId::on_relation(Kind::Column, from.clone(), name.clone());
            let Some(declaration) = self.components.get(&source) else { continue };
            let Shape::Column(column) = &declaration.shape else { continue };
            let (mut column, obscured_by) = (Column::clone(column), declaration.obscured_by.clone());
            if let Some(Clause::Defined(default @ None)) = &mut column.default {
                *default = self.next_value(from, &name).map(|(mut value, _)| {
                    // By the end the sequence may have another name.
                    value.doubt = Some(format!("it takes the values of a sequence of {from}"));
                    value
                });
            }
            let identity = column.identity.filter(|identity| *identity != Identity::None);
            let id = ComponentId::on_relation(Kind::Column, relation.clone(), name.clone());
            refused.extend(
                self.create(id.clone(), copied(column, options).into(), IfExists::Merge, origin).err(),
            );
            if let Some(copy) = self.components.get_mut(&id) {
                copy.obscured_by = copy.obscured_by.take().or(obscured_by);
            }
            if options.identity && identity.is_some() {
                // Whatever the column's type: LIKE passes none on (`generateSerialExtraStmts`).
                let sequence =
                    Sequence { data_type: Some(TypeName::built_in("int8")), ..Sequence::default() };
                self.owned_sequence(relation.clone(), name, None, sequence, origin);
            }
        }
        if options.checks {
            refused.extend(self.copy_checks(relation, from, origin));
        }
        if options.indexes {
            refused.extend(self.copy_indexes(relation, from, origin));
        }
        if options.statistics {
            refused.extend(self.copy_statistics(relation, from, origin));
        }
        if options.comments {
            refused.extend(self.copy_comments(relation, from, origin));
        }
        refused
    }

    /// INCLUDING COMMENTS: of the columns and checks, which keep their names. Those of indexes are not followed.
    fn copy_comments(
        &mut self,
        relation: &QualifiedName,
        from: &QualifiedName,
        origin: &Origin,
    ) -> Vec<String> {
        let (mut copies, mut others) = (Vec::new(), Vec::new());
        for (id, declaration) in self.of_kind(Kind::Comment) {
            let ComponentName::OnObject { object, .. } = &id.name else { continue };
            match &object.name {
                ComponentName::OnRelation { relation: of, name } if of == from => {
                    let copy = ComponentId::on_relation(object.kind, relation.clone(), name.clone());
                    if matches!(object.kind, Kind::Column | Kind::Constraint)
                        && self.components.contains_key(&copy)
                    {
                        copies.push((about(Kind::Comment, copy, None), declaration.shape.clone()));
                    }
                }
                ComponentName::InSchema(_) if self.indexes_of(from).any(|(index, _)| *index == **object) => {
                    others.push(format!("the comment on {} that LIKE copies", object.name));
                }
                _ => {}
            }
        }
        for (id, shape) in copies {
            others.extend(self.create(id, shape, IfExists::Replace, origin).err());
        }
        others
    }

    /// The checks of LIKE keep their names.
    fn copy_checks(
        &mut self,
        relation: &QualifiedName,
        from: &QualifiedName,
        origin: &Origin,
    ) -> Vec<String> {
        let checks = self.hanging(Kind::Constraint, from).filter_map(|(id, declaration)| {
            match (&id.name, &declaration.shape) {
                (ComponentName::OnRelation { name, .. }, Shape::Constraint(constraint))
                    if matches!(constraint.form, Some(ConstraintForm::Check { .. })) =>
                {
                    Some((name.clone(), Constraint::clone(constraint)))
                }
                _ => None,
            }
        });
        let checks: Vec<_> = checks.collect();
        let add =
            |(name, constraint)| self.add_constraint(relation, Some(name), constraint, &[], origin).err();
        checks.into_iter().filter_map(add).collect()
    }

    /// Keys and indexes of LIKE get made-up names.
    fn copy_indexes(
        &mut self,
        relation: &QualifiedName,
        from: &QualifiedName,
        origin: &Origin,
    ) -> Vec<String> {
        let keys: Vec<(Constraint, Vec<Identifier>)> = self
            .hanging(Kind::Constraint, from)
            .filter_map(|(_, declaration)| {
                let Shape::Constraint(constraint) = &declaration.shape else { return None };
                let name_parts = match constraint.form.as_ref()? {
                    ConstraintForm::PrimaryKey { .. } | ConstraintForm::Exclusion(_) => Vec::new(),
                    ConstraintForm::Unique { columns, .. } => columns.clone(),
                    ConstraintForm::ForeignKey { .. } | ConstraintForm::Check { .. } => return None,
                };
                Some((Constraint::clone(constraint), name_parts))
            })
            .collect();
        let indexes: Vec<_> = self
            .of_kind(Kind::Index)
            .filter_map(|(id, declaration)| match (&id.name, &declaration.shape) {
                (ComponentName::InSchema(name), Shape::Index(index))
                    if index.relation.as_ref() == Some(from) =>
                {
                    Some((Index::clone(index), self.indexes.get(name)?.clone()))
                }
                _ => None,
            })
            .collect();
        let mut refused = Vec::new();
        for (constraint, name_parts) in keys {
            refused.extend(self.add_constraint(relation, None, constraint, &name_parts, origin).err());
        }
        for (mut index, notes) in indexes {
            index.relation = Some(relation.clone());
            refused.extend(self.create_index(relation, None, index, IfExists::Refuse, notes, origin).err());
        }
        refused
    }

    pub(super) fn change_column(
        &mut self,
        relation: &QualifiedName,
        name: &Identifier,
        change: ColumnChange,
        children: Children,
        origin: &Origin,
    ) {
        if self.components.contains_key(&ComponentId::in_schema(Kind::View, relation.clone())) {
            // A default of a view's column: ALTER TABLE takes views too, but their columns are not audited.
            return;
        }
        for child in self.descendants(relation) {
            let id = ComponentId::on_relation(Kind::Column, child.clone(), name.clone());
            match children {
                Children::Open => {
                    if let Some(Shape::Column(column)) = self.components.get_mut(&id).map(|c| &mut c.shape) {
                        leave_open(column, &change);
                    }
                }
                Children::Follow if self.components.contains_key(&id) => {
                    self.change_one_column(&child, name, change.clone(), origin);
                }
                Children::Keep | Children::Follow => {}
            }
        }
        self.change_one_column(relation, name, change, origin);
    }

    fn change_one_column(
        &mut self,
        relation: &QualifiedName,
        name: &Identifier,
        change: ColumnChange,
        origin: &Origin,
    ) {
        let drops_identity = change == ColumnChange::Identity(Identity::None);
        let key = if change == ColumnChange::NotNull(false) { self.key_with(relation, name) } else { None };
        let mut new_type = None;
        let id = ComponentId::on_relation(Kind::Column, relation.clone(), name.clone());
        if let Shape::Column(column) = self.part_of(id, origin) {
            match change {
                ColumnChange::DataType(data_type, collation) => {
                    let is_identity = column.identity.is_some_and(|identity| identity != Identity::None);
                    new_type = Some(data_type.clone().filter(|_| is_identity));
                    column.data_type = data_type;
                    column.collation = collation;
                }
                // PostgreSQL refuses it of a column in the primary key.
                ColumnChange::NotNull(false) if key == Some(true) => {}
                ColumnChange::NotNull(false) if key == Some(false) => column.not_null = None,
                ColumnChange::NotNull(not_null) => column.not_null = Some(not_null),
                ColumnChange::Default(default) => column.default = Some(default),
                ColumnChange::Generated(generated) => column.generated = Some(generated),
                ColumnChange::Expression(expression) => match &mut column.generated {
                    Some(Generated::Stored(slot) | Generated::Virtual(slot)) => *slot = expression,
                    generated => *generated = None,
                },
                ColumnChange::Identity(identity) => {
                    column.identity = Some(identity);
                    if identity != Identity::None {
                        column.default = Some(Clause::Absent);
                    }
                }
            }
        }
        if let Some(sequence_type) = new_type {
            self.doubt_what_names_column(
                relation,
                name,
                &origin.words("ALTER TABLE ... ALTER COLUMN ... TYPE"),
            );
            if let Some(data_type) = sequence_type {
                let sequence = SequenceOf::Column(relation.clone(), name.clone());
                let data_type = Some(TypeName { modifier: None, ..data_type });
                let options = SequenceOptions { data_type, ..SequenceOptions::default() };
                self.change_sequence(sequence, &options, origin);
            }
        }
        if drops_identity {
            self.drop_owned_sequences(relation, name);
        }
    }

    /// Whether the primary key with this column is certain; `None` where no key has it.
    fn key_with(&self, relation: &QualifiedName, column: &Identifier) -> Option<bool> {
        self.hanging(Kind::Constraint, relation).find_map(|(_, declaration)| {
            match declaration.shape.constraint_form() {
                Some(ConstraintForm::PrimaryKey { columns, .. }) if columns.contains(column) => {
                    Some(declaration.obscured_by.is_none())
                }
                _ => None,
            }
        })
    }

    /// A table becomes, or is no longer, a child of another one. Since PostgreSQL 17 a partition takes its parent's
    /// identity columns, and gives them back. What a partition inherits is no longer its own.
    pub(super) fn inherit(
        &mut self,
        relation: &QualifiedName,
        from: &QualifiedName,
        inherits: bool,
        partition: bool,
    ) {
        let own: Vec<ComponentId> = self.hanging(Kind::Column, relation).map(|(id, _)| id.clone()).collect();
        if inherits && !partition {
            self.own_columns.extend(own);
        } else {
            self.own_columns.retain(|id| id.relation() != Some(relation));
        }
        if inherits && partition {
            self.partitions.insert(relation.clone());
        } else {
            self.partitions.remove(relation);
        }
        let identities: Vec<Identifier> = self
            .hanging(Kind::Column, from)
            .filter_map(|(id, declaration)| match (&id.name, &declaration.shape) {
                (ComponentName::OnRelation { name, .. }, Shape::Column(column))
                    if column.identity != Some(Identity::None) =>
                {
                    Some(name.clone())
                }
                _ => None,
            })
            .collect();
        for name in identities {
            let id = ComponentId::on_relation(Kind::Column, relation.clone(), name);
            if let Some(Shape::Column(column)) = self.components.get_mut(&id).map(|column| &mut column.shape)
            {
                column.identity = None;
            }
        }
        if inherits {
            self.add_child(from, relation);
        } else if let Some(children) = self.children.get_mut(from) {
            children.remove(relation);
        }
    }

    /// A table becomes the child of another one, but never of itself or of its own children, which PostgreSQL refuses:
    /// circles would have no end.
    fn add_child(&mut self, parent: &QualifiedName, child: &QualifiedName) {
        if parent != child && !self.descendants(child).contains(parent) {
            self.children.entry(parent.clone()).or_default().insert(child.clone());
        }
    }

    /// The children of a table, their children, and so on.
    #[must_use]
    pub fn descendants(&self, relation: &QualifiedName) -> BTreeSet<QualifiedName> {
        let mut found = BTreeSet::new();
        let mut rest = vec![relation];
        while let Some(parent) = rest.pop() {
            let children = self.children.get(parent).into_iter().flatten();
            rest.extend(children.filter(|child| found.insert((*child).clone())));
        }
        found
    }

    pub(super) fn row_security(
        &mut self,
        relation: QualifiedName,
        enabled: Option<bool>,
        forced: Option<bool>,
        origin: &Origin,
    ) {
        if let Shape::Table(table) = self.part_of(ComponentId::in_schema(Kind::Table, relation), origin) {
            table.row_security = enabled.or(table.row_security);
            table.force_row_security = forced.or(table.force_row_security);
        }
    }
}

/// What happens to a column of a table happens to those of its children too, but for what versions of PostgreSQL have
/// otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Children {
    /// ONLY: theirs stay.
    Keep,
    /// Theirs change too.
    Follow,
    /// It depends: on the version, on whether theirs says so itself.
    Open,
}

impl Children {
    /// What ALTER TABLE does to the children (`ATPrepCmd` in PostgreSQL's `tablecmds.c`).
    pub(super) fn of(change: &ColumnChange, only: bool) -> Self {
        match change {
            // Partitions follow since PostgreSQL 17; what a child says of its own counts since 18.
            ColumnChange::Identity(_) | ColumnChange::NotNull(false) => Self::Open,
            _ if only => Self::Keep,
            _ => Self::Follow,
        }
    }
}

fn leave_open(column: &mut Column, change: &ColumnChange) {
    match change {
        ColumnChange::DataType(..) => column.data_type = None,
        ColumnChange::NotNull(_) => column.not_null = None,
        ColumnChange::Default(_) => column.default = None,
        ColumnChange::Identity(_) => column.identity = None,
        ColumnChange::Generated(_) | ColumnChange::Expression(_) => column.generated = None,
    }
}

/// A column as another table takes it.
fn copied(column: Column, options: CopyOptions) -> Column {
    let is_identity = column.identity.is_some_and(|identity| identity != Identity::None);
    let is_generated = column.generated.as_ref().is_some_and(|generated| *generated != Generated::No);
    let stays = column.not_null_state.is_some_and(|state| state.no_inherit) && options.inherits;
    Column {
        default: if options.defaults || is_generated && !options.query {
            column.default
        } else {
            Some(Clause::Absent)
        },
        not_null: if options.query || stays { Some(false) } else { column.not_null },
        identity: match (is_identity, options) {
            (true, CopyOptions { identity: true, .. }) => column.identity,
            (true, CopyOptions { partition: true, .. }) => None,
            _ => Some(Identity::None),
        },
        generated: if options.generated { column.generated } else { Some(Generated::No) },
        // Children take them over, LIKE does by options of its own; what ANALYZE does stays with the source.
        storage: column.storage.filter(|_| options.inherits || options.storage),
        compression: column.compression.filter(|_| options.inherits || options.compression),
        statistics: None,
        options: Parameters::default(),
        not_null_state: None,
        ..column
    }
}

/// A table's own column that a parent brought along already: NOT NULL of either holds, the table's own default counts
/// (`MergeAttributes` in PostgreSQL's `tablecmds.c`).
pub(super) fn merge_column(inherited: &mut Column, own: Column) {
    let Column {
        data_type,
        not_null,
        default,
        identity,
        generated,
        collation,
        implied_collation: _,
        storage,
        compression,
        statistics: _,
        options: _,
        not_null_state,
    } = own;
    inherited.data_type = data_type.or(inherited.data_type.take());
    inherited.storage = storage.or(inherited.storage);
    inherited.compression = compression.or(inherited.compression);
    inherited.not_null_state = not_null_state.or(inherited.not_null_state);
    inherited.not_null = match (inherited.not_null, not_null) {
        (Some(true), _) | (_, Some(true)) => Some(true),
        (inherited, own) => inherited.and(own),
    };
    if default != Some(Clause::Absent) {
        inherited.default = default;
    }
    if identity != Some(Identity::None) {
        inherited.identity = identity;
    }
    if generated != Some(Generated::No) {
        inherited.generated = generated;
    }
    inherited.collation = collation.or(inherited.collation.take());
}

/// A column of which only what its own definition says is known.
fn leave_unsaid_open(part: Effect) -> Effect {
    let Effect::Create { id, shape: Shape::Column(column), if_exists } = part else { return part };
    let column = Column {
        not_null: column.not_null.filter(|not_null| *not_null),
        default: column.default.filter(|default| *default != Clause::Absent),
        identity: column.identity.filter(|identity| *identity != Identity::None),
        generated: column.generated.filter(|generated| *generated != Generated::No),
        ..*column
    };
    Effect::Create { id, shape: column.into(), if_exists }
}
