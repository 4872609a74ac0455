//! Row-level security policies: `pg_policy`.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};
use crate::core::name::Identifier;

/// A policy.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// PERMISSIVE, rather than RESTRICTIVE.
    pub permissive: Option<bool>,
    /// The command it is for.
    pub command: Option<PolicyCommand>,
    /// The roles it is for; `public` for all.
    pub roles: Option<BTreeSet<Identifier>>,
    /// Whether it has a USING expression.
    pub has_using: Option<bool>,
    /// Whether it has a WITH CHECK expression.
    pub has_check: Option<bool>,
}

/// The command of a policy (`pg_policy.polcmd`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PolicyCommand {
    /// ALL.
    All,
    /// SELECT.
    Select,
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
}

impl Room for Policy {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
