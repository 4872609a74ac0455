//! What was seen of a database.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::core::audit::hint::Relative;
use crate::core::catalog::Catalog;
use crate::core::component::ComponentId;
use crate::core::definition::{Normal, Part};
use crate::core::drift::Fingerprint;

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

/// A server.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Server {
    /// The version as the server prints it (`15.18`).
    pub version: String,
    /// Whether it is a standby.
    pub in_recovery: bool,
    /// The cluster's identifier (`pg_control_system`), where the role may read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_identifier: Option<String>,
    /// The database.
    pub database: String,
}

impl Server {
    /// The major version; 0 where the version is not known.
    #[must_use]
    pub fn major(&self) -> u32 {
        major(&self.version)
    }
}

/// The major version in what the server prints: `15.18`, `18beta1`.
#[must_use]
pub fn major(version: &str) -> u32 {
    let end = version.find(|character: char| !character.is_ascii_digit()).unwrap_or(version.len());
    version[..end].parse().unwrap_or_default()
}
