//! Judges every requirement, off the threads that serve I/O.

use std::sync::Arc;

use jiff::Timestamp;

use crate::api::schema_audit::Compare;
use crate::controller::cache::Wanted;
use crate::controller::error::Error;
use crate::core::audit::compare::{Depth, compare as judge, compare_with};
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::Requirements;
use crate::core::drift::Baseline;
use crate::core::drift::acceptance::{Accepted, Ended, Next, Why, decide};
use crate::kubernetes::baseline::Stored;

/// What is known about the baseline before a look.
#[derive(Debug)]
pub struct Drift {
    /// What is there.
    pub stored: Stored,
    /// Whether something was accepted before.
    pub was_accepted: bool,
    /// Whether a person asks to accept what drifted.
    pub asked: bool,
    /// Whether all documents were there.
    pub documents_whole: bool,
}

/// What was found.
#[derive(Debug)]
pub struct Judged {
    /// The report. What is accepted with this audit is not drifted in it.
    pub report: Report,
    /// What follows for the baseline, where drift is watched.
    pub drift: Option<Acceptance>,
}

/// What follows for the baseline.
#[derive(Debug)]
pub struct Acceptance {
    /// What is to be written, and why.
    pub write: Option<(String, Why)>,
    /// How many components it holds, after that.
    pub components: Option<usize>,
    /// Whether something was accepted before.
    pub was_accepted: bool,
    /// Why what is there cannot be read, if it stays so.
    pub unreadable: Option<String>,
    /// The names of the other `ConfigMap`s that hold what is there now.
    pub further: Vec<String>,
    /// The report as it is without that, where it differs.
    pub otherwise: Option<Report>,
}

/// The report of what was seen, and what is accepted of it.
pub async fn compare(
    wanted: &Arc<Wanted>,
    observation: &Arc<Observation>,
    compare: Compare,
    drift: Option<Drift>,
) -> Result<Judged, Error> {
    let depth = match compare {
        Compare::Presence => Depth::Presence,
        Compare::Shape | Compare::Drift => Depth::Shape,
    };
    let (wanted, observation) = (Arc::clone(wanted), Arc::clone(observation));
    let now = Timestamp::now();
    let judged = tokio::task::spawn_blocking(move || match drift {
        Some(drift) => with_baseline(&wanted.requirements, &observation, drift, now),
        None => Ok(Judged { report: judge(&wanted.requirements, &observation, depth), drift: None }),
    });
    judged.await.map_err(|_panicked_or_stopped| Error::CutOff("comparing"))?.map_err(Error::Report)
}

fn with_baseline(
    requirements: &Requirements,
    observation: &Observation,
    drift: Drift,
    now: Timestamp,
) -> Result<Judged, serde_json::Error> {
    let Drift { stored, was_accepted, asked, documents_whole } = drift;
    let (read, further) = match stored {
        Stored::Nothing => (Ok(None), Vec::new()),
        Stored::Text { text, further } => {
            (Baseline::parse(&text).map(Some).map_err(|error| error.to_string()), further)
        }
        Stored::Broken { why, further } => (Err(why), further),
    };
    let accepted = match &read {
        Ok(baseline) => Accepted::from(baseline.as_ref()),
        Err(why) => Accepted::Unreadable(why),
    };
    let (mut report, watched) = compare_with(requirements, observation, Depth::Drift, accepted);
    let now = Timestamp::from_second(now.as_second()).unwrap_or(now).to_string();
    let now = Some(now.as_str());
    let ended =
        Ended { accepted, was_accepted, asked, documents_whole, report: &report, watched: &watched, now };
    let mut otherwise = None;
    let (write, components, unreadable) = match decide(&ended) {
        Next::Keep => match read {
            Ok(baseline) => (None, baseline.map(|baseline| baseline.len()), None),
            Err(why) => (None, None, Some(why)),
        },
        Next::Accept { baseline, why } => {
            if matches!(why, Why::Asked | Why::Stale(_)) {
                let accepted = Accepted::State(&baseline);
                let then = compare_with(requirements, observation, Depth::Drift, accepted).0;
                otherwise = Some(std::mem::replace(&mut report, then));
            }
            (Some((baseline.to_json()?, why)), Some(baseline.len()), None)
        }
    };
    let acceptance = Acceptance { write, components, was_accepted, unreadable, further, otherwise };
    Ok(Judged { report, drift: Some(acceptance) })
}
