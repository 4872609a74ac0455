//! Indexes that no constraint made: `pg_index`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};
use crate::core::name::{Identifier, QualifiedName};

/// An index.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Index {
    /// The table it is on.
    pub relation: Option<QualifiedName>,
    /// The access method (`btree`, `gin`).
    pub method: Option<Identifier>,
    /// UNIQUE.
    pub unique: Option<bool>,
    /// NULLS NOT DISTINCT (PostgreSQL 15).
    pub nulls_not_distinct: Option<bool>,
    /// The keys in order.
    pub keys: Option<Vec<IndexKey>>,
    /// The columns of INCLUDE, in order.
    pub include: Option<Vec<Identifier>>,
    /// WHERE.
    pub predicate: Option<Predicate>,
    /// Observed: whether the index can be used (`indisvalid` and `indisready`). An index that a failed CREATE INDEX
    /// CONCURRENTLY left behind cannot. Declared: always true.
    pub valid: Option<bool>,
}

/// One key of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexKey {
    /// The column, or an expression.
    pub target: KeyTarget,
    /// DESC.
    pub descending: bool,
    /// NULLS FIRST, explicit or implied by DESC.
    pub nulls_first: bool,
    /// The operator class: declared, `None` for the type's default one; observed, `None` where it is the default.
    pub operator_class: Option<Identifier>,
    /// The collation: declared, `None` where none is named; observed, `None` where it is the column's own.
    pub collation: Option<Identifier>,
}

/// What an index key is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyTarget {
    /// A column.
    Column(Identifier),
    /// An expression as declared; observed, `None` until its text is read.
    Expression(Option<String>),
}

/// The WHERE of an index.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Predicate {
    /// None: the index covers every row.
    Absent,
    /// A condition as declared; observed, `None` until its text is read.
    Condition(Option<String>),
}

impl Room for Index {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
