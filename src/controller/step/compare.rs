//! Judges every requirement, off the threads that serve I/O.

use std::sync::Arc;

use crate::api::schema_audit::Compare;
use crate::controller::cache::Wanted;
use crate::controller::error::Error;
use crate::core::audit::compare::{Depth, compare as judge};
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;

/// The report of what was seen.
pub async fn compare(
    wanted: &Arc<Wanted>,
    observation: Box<Observation>,
    compare: Compare,
) -> Result<Report, Error> {
    let depth = match compare {
        Compare::Presence => Depth::Presence,
        Compare::Shape => Depth::Shape,
    };
    let wanted = Arc::clone(wanted);
    tokio::task::spawn_blocking(move || judge(&wanted.requirements, &observation, depth))
        .await
        .map_err(|_panicked_or_stopped| Error::CutOff("comparing"))
}
