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

/// The least requirements for which a thread is worth its start: they take some ten milliseconds.
const LEAST_PER_THREAD: usize = 10_000;

/// The most threads that judge.
const MOST_THREADS: usize = 4;

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
    let (mut findings, watched) = judge_all(&judge);
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

/// The findings, and what a new baseline is made of. The verdict on one requirement needs nothing of the others, so that
/// threads share them where there are very many.
fn judge_all(judge: &Judge<'_>) -> (Vec<Finding>, Watched) {
    let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    judge_in_shares(
        judge,
        threads.min(MOST_THREADS).min(judge.requirements.components.len() / LEAST_PER_THREAD),
    )
}

fn judge_in_shares(judge: &Judge<'_>, shares: usize) -> (Vec<Finding>, Watched) {
    // One list to the end, which each share fills in at its place: copies of lists would be the most that an audit holds.
    let mut findings: Vec<Option<Finding>> = Vec::new();
    findings.resize_with(judge.requirements.components.len(), || None);
    let length = findings.len().div_ceil(shares.max(1)).max(1);
    let mut shares = findings.chunks_mut(length).enumerate();
    let own = shares.next();
    let work = |(nth, share): (usize, &mut [Option<Finding>])| judge_share(judge, nth * length, share);
    let watched = std::thread::scope(|scope| {
        let others: Vec<_> = shares.map(|share| scope.spawn(move || work(share))).collect();
        let mut watched = own.map(work).unwrap_or_default();
        for other in others {
            match other.join() {
                Ok(other) => watched.extend(other),
                Err(panic) => std::panic::resume_unwind(panic),
            }
        }
        watched
    });
    (findings.into_iter().map_while(|finding| finding).collect(), watched)
}

/// Judges as many requirements as there are places, but for so many before them.
fn judge_share(judge: &Judge<'_>, before: usize, findings: &mut [Option<Finding>]) -> Watched {
    let mut watched = Watched::default();
    let catalog = &judge.observation.catalog;
    let mut share = judge.requirements.components.iter().skip(before).zip(findings).peekable();
    let Some(((first, _), _)) = share.peek() else { return watched };
    let mut namesakes = catalog.cursor_from(first);
    for ((id, requirement), place) in share {
        let seen = match judge.found.other(id) {
            None => Seen::Is(id, namesakes.find(id).map(|(_, shape)| shape)),
            Some(Found::Is(observed)) => Seen::Is(observed, catalog.get(observed)),
            Some(Found::Undecided(reason)) => Seen::Undecided(reason),
            Some(Found::Nothing) => Seen::Nothing,
        };
        let verdict = judge.verdict(id, requirement, seen);
        judge.watch(id, seen, verdict.state, &mut watched);
        *place = Some(verdict.finding(id, requirement));
    }
    watched
}

/// Worst first; what nothing else explains before what something does; then kind and name.
fn order(finding: &Finding) -> (State, bool, &ComponentId) {
    (finding.state, finding.because_of.is_some(), &finding.component)
}
