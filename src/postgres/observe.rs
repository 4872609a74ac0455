//! One look at a database.

use std::time::Duration;

use super::{Error, Failure, Target};
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::Requirements;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole look, connection included.
    pub total: Duration,
    /// The wait for a lock, in the statements that can wait for one.
    pub lock: Duration,
}

/// Looks at the database once: one connection, one message for the catalog, one more transaction per probe.
pub async fn observe(
    _target: &Target,
    _requirements: &Requirements,
    _limits: &Limits,
) -> Result<Observation, Error> {
    Err(Error { failure: Failure::Interrupted, message: "not built yet".into() })
}
