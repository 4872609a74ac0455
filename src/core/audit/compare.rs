//! Requirements against what was observed: the report.

use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::Requirements;

/// How deep to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// Only whether each component is there.
    Presence,
    /// Its declared shape too.
    #[default]
    Shape,
}

/// Judges every requirement.
#[must_use]
pub fn compare(_requirements: &Requirements, _observation: &Observation, _depth: Depth) -> Report {
    Report::default()
}
