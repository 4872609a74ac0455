//! Requirements against what was observed: the report.
//!
//! - `judge` gives the verdict on one requirement; `missing` says what explains that a component is not there; `count` adds
//!   the findings up.

use crate::core::audit::definitions::overlay::DeclaredShapes;
use crate::core::audit::finding::{Finding, State};
use crate::core::audit::hint;
use crate::core::audit::matching::matches;
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::Requirements;
use crate::core::component::ComponentId;
use crate::core::drift::Watched;
use crate::core::drift::acceptance::Accepted;
use crate::core::kind::Found;

use judge::{Judge, Seen};

pub use judge::watched;

mod count;
mod judge;
mod missing;
#[cfg(test)]
mod tests;

/// How deep to compare.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Depth {
    /// Only whether each component is there; of privileges, whether each of them is, or is not where it is revoked.
    Presence,
    /// Its declared shape too.
    #[default]
    Shape,
    /// Its declared shape, and what the catalog itself says of it, with what it said when that was accepted.
    Drift,
}

/// Judges every requirement.
#[must_use]
pub fn compare(requirements: &Requirements, observation: &Observation, depth: Depth) -> Report {
    compare_with(requirements, observation, depth, Accepted::Nothing).0
}

/// Judges every requirement; with [`Depth::Drift`], against what was accepted too, if anything was. Gives what a new
/// baseline is made of as well.
#[must_use]
pub fn compare_with(
    requirements: &Requirements,
    observation: &Observation,
    depth: Depth,
    accepted: Accepted<'_>,
) -> (Report, Watched) {
    let placed = requirements.placed(&observation.catalog);
    let requirements = placed.as_ref();
    let shapes = DeclaredShapes::new(observation);
    let found = matches(requirements, shapes, &observation.catalog);
    let judge = Judge { requirements, observation, shapes, found: &found, depth, accepted };
    let mut watched = Watched::default();
    let mut namesakes = observation.catalog.cursor();
    let mut findings: Vec<Finding> = requirements
        .components
        .iter()
        .map(|(id, requirement)| {
            let seen = match found.other(id) {
                None => Seen::Is(id, namesakes.find(id).map(|(_, shape)| shape)),
                Some(Found::Is(observed)) => Seen::Is(observed, observation.catalog.get(observed)),
                Some(Found::Undecided(reason)) => Seen::Undecided(reason),
                Some(Found::Nothing) => Seen::Nothing,
            };
            let verdict = judge.verdict(id, requirement, seen);
            judge.watch(id, seen, verdict.state, &mut watched);
            verdict.finding(id, requirement)
        })
        .collect();
    hint::give(requirements, observation, &found, &mut findings);
    // Without a copy of the list: identities are unique, so that nothing is left to the order before. They come in
    // their order, which is the order of findings where nothing is amiss.
    if !findings.is_sorted_by(|one, other| order(one) <= order(other)) {
        findings.sort_unstable_by(|one, other| order(one).cmp(&order(other)));
    }
    let report = Report {
        server: observation.server.clone(),
        default_schema: requirements.default_schema.clone(),
        summary: count::all(&findings),
        kinds: count::kinds(&findings),
        features: count::features(requirements, &findings),
        problems: requirements.problems.clone(),
        coverage: count::coverage(&findings, &requirements.problems, depth),
        definitions: count::definitions(&findings),
        findings,
    };
    (report, watched)
}

/// Worst first; what nothing else explains before what something does; then kind and name.
fn order(finding: &Finding) -> (State, bool, &ComponentId) {
    (finding.state, finding.because_of.is_some(), &finding.component)
}
