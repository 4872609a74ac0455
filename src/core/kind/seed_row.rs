//! Rows that a feature brings along, looked for by their key.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room};

/// A seed row. Its identity is its key; the other columns are the application's to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedRow {}

impl Room for SeedRow {
    /// Rows are user data: the audit probes for them.
    const QUERY: Option<&'static str> = None;

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("seed rows are not in the catalog"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
