//! Tables: `pg_class` of relkind `r` and `p`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};

/// A table. Its columns and constraints are components of their own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// Whether it survives a crash.
    pub persistence: Option<Persistence>,
    /// Whether it is partitioned (a parent, not a partition).
    pub partitioned: Option<bool>,
    /// Whether row-level security is enabled. SQL that does not say leaves it open.
    pub row_security: Option<bool>,
    /// Whether row-level security holds for the owner too.
    pub force_row_security: Option<bool>,
}

/// How the rows of a table are kept (`pg_class.relpersistence`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Persistence {
    /// An ordinary table.
    Permanent,
    /// An unlogged table.
    Unlogged,
}

impl Room for Table {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
