//! What a database is asked for a set of requirements: the SQL, already scoped to the wanted names.

use crate::core::audit::requirement::Requirements;
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;
use crate::core::kind::Kind;

/// One query of phase 1. All of them go into one message and one snapshot; none can wait for a lock or raise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    /// The kind whose rows it gives.
    pub kind: Kind,
    /// The query with the wanted names filled in.
    pub sql: String,
}

/// One probe: a statement that reads user data and may raise, so it runs in a transaction of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probe {
    /// What the probe is about, in the order of the numbers that it returns. The statement gives one row, with one
    /// column, for each that is there: its position here, from 0.
    pub components: Vec<ComponentId>,
    /// The statement.
    pub sql: String,
}

/// The questions of phase 1: one per kind that is wanted at all.
#[must_use]
pub fn questions(_requirements: &Requirements) -> Vec<Question> {
    Vec::new()
}

/// The probes for required seed rows and queries, given what phase 1 saw: a row of a table that is not there needs no
/// probe.
#[must_use]
pub fn probes(_requirements: &Requirements, _seen: &Catalog) -> Vec<Probe> {
    Vec::new()
}
