//! The server that answered, and its version.

use serde::Serialize;

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
