//! A read-only SELECT of the user that must return true: the escape hatch for what the kinds do not cover.

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{About, Comparison, DecodeError, Room};

/// A query.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// One SELECT, as the user wrote it.
    pub sql: String,
}

impl Room for Query {
    const ABOUT: About = About {
        declared_by: "`queries` under `requires` of a feature: one read-only `SELECT`.",
        compared: "Whether it returns true.",
        not_compared: "",
    };

    /// The user's own SELECT runs as a probe of the audit.
    const QUERY: Option<&'static str> = None;

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("queries are not in the catalog"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
