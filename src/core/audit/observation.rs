//! What was seen of a database.

use std::collections::BTreeMap;

use crate::core::audit::hint::Relative;
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;
use crate::core::definition::{Normal, Part};
use crate::core::drift::Fingerprint;
use crate::core::server::Server;

/// The answer of one look at a database.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    /// Who answered.
    pub server: Server,
    /// What was seen. A wanted component that is neither here nor in `unseen` is not in the database.
    pub catalog: Catalog,
    /// What could not be seen, with the reason and, where there is one, the remedy (the GRANT to give).
    pub unseen: BTreeMap<ComponentId, String>,
    /// What missing components may be after all, where that was asked and answered.
    pub relatives: Vec<Relative>,
    /// What the server's planner made of declared definitions. Those that were observed have theirs in the catalog.
    pub normals: BTreeMap<(ComponentId, Part), Normal>,
    /// The catalog's own definitions, where drift is of interest.
    pub fingerprints: BTreeMap<ComponentId, Fingerprint>,
}
