//! Materialized views: `pg_class` of relkind `m`.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};

/// A materialized view.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MaterializedView {
    /// The body as declared; observed, `None` until its text is read.
    pub body: Option<String>,
    /// Whether it holds data (WITH DATA); a query of one that does not fails.
    pub populated: Option<bool>,
}

impl Room for MaterializedView {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
