//! Triggers: `pg_trigger`, internal ones and clones on partitions left out.

use std::collections::BTreeSet;

use crate::core::catalog::Row;
use crate::core::component::ComponentId;
use crate::core::kind::{Comparison, DecodeError, Room, Wanted};
use crate::core::name::Identifier;

/// A trigger.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Trigger {
    /// BEFORE, AFTER or INSTEAD OF.
    pub timing: Option<Timing>,
    /// The events.
    pub events: Option<BTreeSet<Event>>,
    /// The columns of UPDATE OF.
    pub update_columns: Option<BTreeSet<Identifier>>,
    /// FOR EACH ROW, rather than FOR EACH STATEMENT.
    pub for_each_row: Option<bool>,
    /// The function it calls. Declared without a schema: any schema.
    pub function: Option<(Option<Identifier>, Identifier)>,
    /// Whether it has a WHEN condition.
    pub has_condition: Option<bool>,
    /// Whether it fires in an ordinary session (`tgenabled` is `O` or `A`).
    pub enabled: Option<bool>,
}

/// When a trigger fires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Timing {
    /// BEFORE.
    Before,
    /// AFTER.
    After,
    /// INSTEAD OF.
    InsteadOf,
}

/// What a trigger fires on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Event {
    /// INSERT.
    Insert,
    /// UPDATE.
    Update,
    /// DELETE.
    Delete,
    /// TRUNCATE.
    Truncate,
}

impl Room for Trigger {
    const QUERY: Option<&'static str> = None;

    fn wanted(&self, _id: &ComponentId, _wanted: &mut Wanted) {}

    fn decode(row: &Row<'_>) -> Result<(ComponentId, Self), DecodeError> {
        Err(row.error("not read yet"))
    }

    fn compare(&self, _observed: &Self) -> Comparison {
        Comparison::default()
    }
}
