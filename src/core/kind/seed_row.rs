//! Rows that a feature brings along, looked for by their key.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{About, Comparison, DecodeError, Room};

/// A seed row. Its identity is its key; the other columns are the application's to change.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SeedRow {}

impl Room for SeedRow {
    const ABOUT: About = About {
        declared_by: "`INSERT ... VALUES` with constants, unless in a loop.",
        compared: "Whether a row of this key is there; where SQL tells no key of the table, one with all these constants.",
        not_compared: "The other columns, which are the application's to change.",
    };

    /// Rows are user data: the audit probes for them.
    const QUERY: Option<&'static str> = None;

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("seed rows are not in the catalog"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
