//! When an audit that nobody watches accepts what it saw: decided here, written elsewhere.
//!
//! The first compliant audit accepts. After it nothing is accepted anew unless a person asks for it; what becomes required
//! later is accepted when it is first seen as declared, and what is no more required is forgotten.

use super::{Baseline, Watched};
use crate::core::audit::report::Report;

/// What is known when an audit has ended.
#[derive(Debug, Clone, Copy)]
pub struct Ended<'a> {
    /// What it compared with.
    pub accepted: Accepted<'a>,
    /// Whether something had been accepted before: with nothing to compare with, it was lost.
    pub was_accepted: bool,
    /// Whether a person asks to accept what is there.
    pub asked: bool,
    /// Whether all documents were there: without one of them, nobody knows what is no more required.
    pub documents_whole: bool,
    /// What it found.
    pub report: &'a Report,
    /// What it saw.
    pub watched: &'a Watched,
    /// When, as text.
    pub now: Option<&'a str>,
}

/// What there is to compare with.
#[derive(Debug, Clone, Copy, Default)]
pub enum Accepted<'a> {
    /// Nothing was accepted yet.
    #[default]
    Nothing,
    /// This was.
    State(&'a Baseline),
    /// Something was, but it cannot be read, for this reason.
    Unreadable(&'a str),
}

impl<'a> From<Option<&'a Baseline>> for Accepted<'a> {
    fn from(baseline: Option<&'a Baseline>) -> Self {
        baseline.map_or(Self::Nothing, Self::State)
    }
}

/// What becomes of a baseline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// It stays as it is, or is still not there.
    Keep,
    /// This one is accepted.
    Accept {
        /// The baseline from now on.
        baseline: Baseline,
        /// Why.
        why: Why,
    },
}

/// Why something is accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The first compliant audit.
    First,
    /// A compliant audit, after what was accepted was lost.
    Lost,
    /// A compliant audit, after what was accepted cannot be compared any more, for this reason.
    Stale(String),
    /// A person asked for it.
    Asked,
    /// Other components are required.
    Requirements,
}

/// Decides what an audit accepts. Only what is `Present` or `Drifted` ever is.
#[must_use]
pub fn decide(ended: &Ended<'_>) -> Next {
    let Ended { accepted, was_accepted, asked, documents_whole, report, watched, now } = *ended;
    let version = report.server.version.as_str();
    let whole = documents_whole && !report.has_errors();
    let previous = match accepted {
        Accepted::State(baseline) => Some(baseline),
        Accepted::Unreadable(_) if !asked => return Next::Keep,
        Accepted::Unreadable(_) | Accepted::Nothing => None,
    };
    let stale = previous.and_then(|previous| previous.stale(version));
    let why = match (asked, previous, stale) {
        (true, ..) => Why::Asked,
        (false, _, Some(why)) => Why::Stale(why),
        (false, None, None) if was_accepted => Why::Lost,
        (false, None, None) => Why::First,
        (false, Some(_), None) => Why::Requirements,
    };
    let anew = matches!(why, Why::First | Why::Lost | Why::Stale(_));
    if anew && !(whole && report.is_compliant()) {
        return Next::Keep;
    }
    // What is not there was not seen under the name that it has when it is there (any overload of a function, any
    // constraint of a shape), so that nothing is forgotten before all is seen.
    let all_seen = whole && report.summary.missing == 0 && report.summary.unknown == 0;
    let baseline = match (&why, previous) {
        (Why::Requirements, Some(previous)) => previous.follow(watched, all_seen, now),
        _ => Baseline::accept_keeping(previous, watched, version, now, |_| !all_seen),
    };
    if previous == Some(&baseline) { Next::Keep } else { Next::Accept { baseline, why } }
}

impl Baseline {
    /// The baseline after the requirements changed: what it holds stays accepted as it is, what was seen and is not in it
    /// is added, and what nobody watches any more goes, if `all_seen`. An overload of a function that is required
    /// whatever its arguments stays: it is watched again as soon as it is there again.
    #[must_use]
    fn follow(&self, watched: &Watched, all_seen: bool, now: Option<&str>) -> Self {
        let mut next = self.clone();
        next.components
            .retain(|id, _| !all_seen || watched.seen.contains_key(id) || watched.is_an_overload(id));
        for (id, fingerprint) in &watched.seen {
            if let Some(fingerprint) = fingerprint
                && !next.components.contains_key(id)
            {
                next.components.insert(id.clone(), fingerprint.entry(now));
            }
        }
        next
    }
}

#[cfg(test)]
mod tests;
