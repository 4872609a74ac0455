//! Constraints of tables: `pg_constraint` of contype `p`, `u`, `f`, `c` and `x`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};
use crate::core::name::{Identifier, QualifiedName};

/// A constraint. NOT NULL is a part of the column, not a constraint, in every version of PostgreSQL.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Constraint {
    /// What it demands.
    pub form: Option<ConstraintForm>,
    /// DEFERRABLE.
    pub deferrable: Option<bool>,
    /// INITIALLY DEFERRED.
    pub initially_deferred: Option<bool>,
    /// Whether it was checked against the rows that were there (not NOT VALID).
    pub validated: Option<bool>,
}

/// The sorts of constraints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConstraintForm {
    /// PRIMARY KEY.
    PrimaryKey {
        /// The columns in order.
        columns: Vec<Identifier>,
    },
    /// UNIQUE.
    Unique {
        /// The columns in order.
        columns: Vec<Identifier>,
        /// NULLS NOT DISTINCT (PostgreSQL 15).
        nulls_not_distinct: bool,
    },
    /// FOREIGN KEY.
    ForeignKey {
        /// The referencing columns in order.
        columns: Vec<Identifier>,
        /// The table referenced.
        references: QualifiedName,
        /// The columns referenced, in the order of `columns`; `None` where the SQL leaves them to the primary key of
        /// a table that it does not show.
        referenced_columns: Option<Vec<Identifier>>,
        /// ON UPDATE.
        on_update: ReferentialAction,
        /// ON DELETE.
        on_delete: ReferentialAction,
    },
    /// CHECK.
    Check {
        /// The columns that the expression names; `None` where they could not be found.
        columns: Option<BTreeSet<Identifier>>,
        /// The expression as declared; observed, `None` until its text is read.
        expression: Option<String>,
    },
    /// EXCLUDE; its elements are not compared yet.
    Exclusion,
}

/// What a foreign key does when the referenced row goes or changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReferentialAction {
    /// NO ACTION.
    NoAction,
    /// RESTRICT.
    Restrict,
    /// CASCADE.
    Cascade,
    /// SET NULL.
    SetNull,
    /// SET DEFAULT.
    SetDefault,
}

impl Room for Constraint {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
