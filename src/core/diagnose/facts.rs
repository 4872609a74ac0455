//! Who answers, and what the answers rest on.

use serde::Deserialize;

/// The one row of `facts.sql`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Facts {
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// The database.
    pub database: String,
    /// The role that looks.
    pub role: String,
    /// Whether the server counts what is read and written (`track_counts`).
    pub track_counts: bool,
    /// Seconds since the counters were reset; `None` while nobody has: they began with the database, or with the last
    /// crash.
    pub statistics_age: Option<i64>,
    /// Schemas that were asked for and are not there.
    pub absent_schemas: Option<Vec<String>>,
}
