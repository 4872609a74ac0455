//! CREATE TABLE.

use std::collections::BTreeMap;

use pg_query::NodeEnum;
use pg_query::protobuf::{self, CreateStmt, TableLikeClause};

use super::constraint::{self, Place};
use super::{CopyOptions, Effect, IfExists, Scope, column, create_column, parameters, partition};
use crate::core::component::ComponentId;
use crate::core::kind::Kind;
use crate::core::kind::Shape;
use crate::core::kind::column::Column;
use crate::core::kind::constraint::{Constraint, ConstraintForm};
use crate::core::kind::partition::Partition;
use crate::core::kind::table::{Persistence, Table};
use crate::core::name::{Identifier, QualifiedName};
use crate::core::sql::parse;

/// The effects of a CREATE TABLE. A temporary table has none: it is gone with the session.
#[must_use]
pub fn effects(statement: &CreateStmt, scope: &Scope) -> Vec<Effect> {
    let Some(range_var) = statement.relation.as_ref() else { return Vec::new() };
    let persistence =
        if range_var.relpersistence == "u" { Persistence::Unlogged } else { Persistence::Permanent };
    let table = Table {
        persistence: Some(persistence),
        partitioned: Some(statement.partspec.is_some()),
        partition_key: statement.partspec.as_ref().and_then(|spec| partition::key(spec, scope)),
        partition: partition_of(statement, scope),
        parents: parents(statement, scope),
        of_type: statement.of_typename.as_ref().and_then(parse::type_name),
        access_method: Some(&statement.access_method).filter(|m| !m.is_empty()).map(|m| Identifier::new(m)),
        parameters: parameters::parameters(&statement.options),
        ..Table::default()
    };
    relation(statement, table.into(), scope)
}

/// The effects of a statement that makes a table, or a foreign table, of this shape.
pub(super) fn relation(statement: &CreateStmt, shape: Shape, scope: &Scope) -> Vec<Effect> {
    let Some(range_var) = statement.relation.as_ref() else { return Vec::new() };
    if range_var.relpersistence == "t" || range_var.schemaname == "pg_temp" {
        return Vec::new();
    }
    let relation = parse::new_relation(range_var, scope);
    let mut parts = Parts::new(&relation, scope);
    parts.parents(statement);
    for element in &statement.table_elts {
        parts.element(element);
    }
    let if_exists = if statement.if_not_exists { IfExists::Keep } else { IfExists::Refuse };
    let parts = parts.in_order();
    let id = ComponentId::in_schema(shape.kind(), relation);
    vec![Effect::CreateWith { id, shape, if_exists, parts }]
}

/// PARTITION OF.
fn partition_of(statement: &CreateStmt, scope: &Scope) -> Option<Partition> {
    let spec = statement.partbound.as_ref()?;
    let parent = inherited(statement, scope).next()?;
    Some(Partition::Of { parent, bound: partition::bound(spec, scope) })
}

/// INHERITS.
fn parents(statement: &CreateStmt, scope: &Scope) -> BTreeMap<QualifiedName, bool> {
    if statement.partbound.is_some() {
        return BTreeMap::new();
    }
    inherited(statement, scope).map(|parent| (parent, true)).collect()
}

fn inherited(statement: &CreateStmt, scope: &Scope) -> impl Iterator<Item = QualifiedName> {
    statement.inh_relations.iter().filter_map(|parent| match &parent.node {
        Some(NodeEnum::RangeVar(parent)) => Some(parse::relation(parent, scope)),
        _ => None,
    })
}

/// What hangs on the new table, sorted as PostgreSQL carries it out (`transformCreateStmt` in `parse_utilcmd.c`):
/// made-up names depend on that order.
struct Parts<'a> {
    relation: &'a QualifiedName,
    scope: &'a Scope,
    columns: Vec<Effect>,
    sequences: Vec<Effect>,
    checks: Vec<Effect>,
    primary_key: Option<Effect>,
    keys: Vec<Effect>,
    foreign_keys: Vec<Effect>,
}

impl<'a> Parts<'a> {
    fn new(relation: &'a QualifiedName, scope: &'a Scope) -> Self {
        Self {
            relation,
            scope,
            columns: Vec::new(),
            sequences: Vec::new(),
            checks: Vec::new(),
            primary_key: None,
            keys: Vec::new(),
            foreign_keys: Vec::new(),
        }
    }

    /// INHERITS, PARTITION OF and OF: the columns of the parents, or of the type, come first.
    fn parents(&mut self, statement: &CreateStmt) {
        let partition = statement.partbound.is_some();
        for from in inherited(statement, self.scope) {
            self.copy(from, CopyOptions::inherited(partition));
        }
        if let Some(of) =
            statement.of_typename.as_ref().and_then(|of| parse::named(Kind::Type, &of.names, self.scope))
        {
            self.copy(of, CopyOptions::default());
        }
    }

    fn copy(&mut self, from: QualifiedName, options: CopyOptions) {
        self.columns.push(Effect::CopyTable { relation: self.relation.clone(), from, options });
    }

    fn element(&mut self, element: &protobuf::Node) {
        match &element.node {
            Some(NodeEnum::ColumnDef(def)) => self.column(def),
            Some(NodeEnum::Constraint(constraint)) => {
                let place = Place { relation: self.relation, column: None, table_is_new: true };
                if constraint.contype() == protobuf::ConstrType::ConstrNotnull {
                    self.not_null(constraint);
                }
                self.constraint(constraint::effect(constraint, place, self.scope));
            }
            Some(NodeEnum::TableLikeClause(like)) => self.like(like),
            _ => {}
        }
    }

    fn column(&mut self, def: &protobuf::ColumnDef) {
        let column::Definition { name, column, sequence, constraints } =
            column::definition(def, self.relation, true, self.scope);
        self.columns.push(create_column(self.relation, name, column, IfExists::Merge));
        self.sequences.extend(sequence);
        for constraint in constraints {
            self.constraint(Some(constraint));
        }
    }

    /// NOT NULL as a constraint of the table (PostgreSQL 18).
    fn not_null(&mut self, constraint: &protobuf::Constraint) {
        for column in parse::identifiers(&constraint.keys) {
            let not_null_state = Some(column::not_null_state(constraint, true));
            let column_shape = Column { not_null: Some(true), not_null_state, ..Column::default() };
            self.columns.push(create_column(self.relation, column, column_shape, IfExists::Merge));
        }
    }

    fn like(&mut self, like: &TableLikeClause) {
        if let Some(source) = &like.relation {
            self.copy(parse::relation(source, self.scope), CopyOptions::like(like.options));
        }
    }

    fn constraint(&mut self, effect: Option<Effect>) {
        let Some(effect) = effect else { return };
        let Effect::AddConstraint { constraint, .. } = &effect else { return };
        match &constraint.form {
            Some(ConstraintForm::PrimaryKey { .. }) => self.primary_key = Some(effect),
            Some(ConstraintForm::Unique { .. } | ConstraintForm::Exclusion(_)) => self.keys.push(effect),
            Some(ConstraintForm::ForeignKey { .. }) => self.foreign_keys.push(effect),
            Some(ConstraintForm::Check { .. }) | None => self.checks.push(effect),
        }
    }

    fn in_order(self) -> Vec<Effect> {
        let mut effects = self.columns;
        effects.extend(self.sequences);
        effects.extend(self.checks);
        effects.extend(distinct_keys(self.primary_key, self.keys));
        effects.extend(self.foreign_keys);
        effects
    }
}

/// Of keys over the same columns only the first is made (UNIQUE beside PRIMARY KEY, a UNIQUE said twice); a name that
/// only a later one has goes to the first (`transformIndexConstraints` in PostgreSQL's `parse_utilcmd.c`).
fn distinct_keys(primary_key: Option<Effect>, keys: Vec<Effect>) -> Vec<Effect> {
    let mut distinct: Vec<Effect> = Vec::new();
    for key in primary_key.into_iter().chain(keys) {
        let twin = distinct.iter_mut().find(|first| same_key(first, &key));
        match (twin, key) {
            (Some(Effect::AddConstraint { name, .. }), Effect::AddConstraint { name: second, .. }) => {
                *name = name.take().or(second);
            }
            (_, key) => distinct.push(key),
        }
    }
    distinct
}

fn same_key(first: &Effect, second: &Effect) -> bool {
    matches!((key_of(first), key_of(second)), (Some(first), Some(second)) if first == second)
}

/// What makes two keys the same one.
#[derive(PartialEq)]
struct Key<'a> {
    columns: &'a [Identifier],
    /// The columns of INCLUDE.
    included: &'a [Identifier],
    nulls_not_distinct: bool,
    deferrable: Option<bool>,
    initially_deferred: Option<bool>,
}

fn key_of(effect: &Effect) -> Option<Key<'_>> {
    let Effect::AddConstraint { constraint, .. } = effect else { return None };
    let (columns, nulls_not_distinct) = match constraint.form.as_ref()? {
        ConstraintForm::PrimaryKey { columns } => (columns, false),
        ConstraintForm::Unique { columns, nulls_not_distinct } => (columns, *nulls_not_distinct),
        _ => return None,
    };
    let included = constraint.include.as_deref().unwrap_or_default();
    let Constraint { deferrable, initially_deferred, .. } = *constraint;
    Some(Key { columns, included, nulls_not_distinct, deferrable, initially_deferred })
}
