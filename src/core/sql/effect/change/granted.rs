//! What GRANT and REVOKE do.

use crate::core::component::{ComponentId, Grantee, Shared};
use crate::core::kind::Kind;
use crate::core::kind::privilege::{Privilege, Stance};
use crate::core::name::Identifier;

/// What a GRANT or REVOKE says.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantChange {
    /// The objects.
    pub target: GrantTarget,
    /// The roles.
    pub grantees: Vec<Grantee>,
    /// The privileges; each may be for columns only.
    pub rights: Vec<GrantedRight>,
    /// What is said of each.
    pub stance: Stance,
}

/// The objects of a GRANT or REVOKE.
#[derive(Debug, Clone, PartialEq)]
pub enum GrantTarget {
    /// These. A table may be any relation.
    Objects(Vec<ComponentId>),
    /// All of some kinds that there are in some schemas by then.
    AllInSchemas {
        /// The schemas.
        schemas: Vec<Identifier>,
        /// The kinds.
        kinds: &'static [Kind],
        /// The kinds in the words of SQL: `TABLES`.
        words: &'static str,
        /// Whether functions count that are functions, and those that are procedures.
        routines: (bool, bool),
    },
    /// What all databases of the server share.
    Shared {
        /// What it is.
        class: Shared,
        /// The names.
        names: Vec<Identifier>,
    },
}

/// A privilege of a GRANT or REVOKE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GrantedRight {
    /// Which one; `None` for ALL PRIVILEGES.
    pub privilege: Option<Privilege>,
    /// The columns it is for; none for the whole object.
    pub columns: Vec<Identifier>,
}
