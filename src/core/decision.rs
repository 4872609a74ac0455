//! When to look at a database: facts about an audit in, the next thing to do out.
//!
//! Every audit has slots: moments that are one interval apart, at a phase of its own. The phase is a hash of the
//! object's uid, so it needs no store, and a restart of the operator does not look at every database at once: what is
//! known to have been looked at waits for its slot.

use std::time::Duration;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

/// The wait after the first failed look.
pub const FIRST_BACKOFF: Duration = Duration::from_secs(1);

/// The longest wait after a failed look, however often it failed.
pub const LONGEST_BACKOFF: Duration = Duration::from_mins(15);

/// The shortest interval that is honoured: a guard against an interval of zero, far below what the API admits.
pub const SHORTEST_INTERVAL: Duration = Duration::from_millis(100);

/// What is known about an audit at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// The uid of the object; it decides the phase.
    pub uid: &'a str,
    /// The generation of the spec.
    pub generation: i64,
    /// The token of the latest request for an audit at once.
    pub requested_at: Option<&'a str>,
    /// The token of the latest request to accept what drifted.
    pub accept_drift: Option<&'a str>,
    /// The digest of everything that the requirement is read from.
    pub documents: &'a str,
    /// Whether audits are suspended.
    pub suspended: bool,
    /// The time between two audits.
    pub interval: Duration,
    /// What the object's status says; an earlier process may have written it.
    pub recorded: Recorded<'a>,
    /// From when on a look is due for the sake of a migration: its Job ended, its window opens, it is tried again.
    pub migration_due: Option<Timestamp>,
    /// The last look of this process.
    pub last_run: Option<&'a LastRun>,
    /// When this process first saw the object.
    pub first_seen: Timestamp,
    /// Now.
    pub now: Timestamp,
}

/// What outlives a restart.
#[derive(Debug, Clone, Copy, Default)]
pub struct Recorded<'a> {
    /// The generation that was last looked at; `None` before the first look.
    pub generation: Option<i64>,
    /// The request that was last handled.
    pub handled_request: Option<&'a str>,
    /// The request to accept what drifted that was last handled.
    pub handled_acceptance: Option<&'a str>,
}

/// A look that is over, successful or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastRun {
    /// When it ended.
    pub at: Timestamp,
    /// The generation that it looked at.
    pub generation: i64,
    /// The request that it handled.
    pub requested_at: Option<String>,
    /// The request to accept what drifted that it knew of, whether it could handle it or not.
    pub accept_drift: Option<String>,
    /// The digest of the documents that it read; `None` if it did not get that far.
    pub documents: Option<String>,
    /// How many looks in a row failed in a way that may pass; 0 after a success, or when waiting cannot help.
    pub failures: u32,
}

/// Why an audit is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It was never looked at.
    FirstLook,
    /// Its spec changed.
    NewGeneration,
    /// Somebody asked for it.
    Requested,
    /// What it requires changed.
    DocumentsChanged,
    /// Its slot has come.
    Slot,
    /// The last look failed, and the wait is over.
    Retry,
    /// A migration waits for it.
    Migration,
}

/// What to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    /// Look now.
    Audit {
        /// For this reason.
        why: Why,
    },
    /// Nothing to do before this moment.
    NotDue {
        /// The next moment to decide again; always later than now.
        until: Timestamp,
    },
    /// Nothing to do until the spec changes.
    Suspended,
}

/// Decides what to do now.
#[must_use]
pub fn decide(facts: &Facts<'_>) -> Decision {
    if facts.suspended {
        return Decision::Suspended;
    }
    if let Some(why) = at_once(facts) {
        return Decision::Audit { why };
    }
    let (why, until) = next_look(facts.uid, facts.interval, facts.first_seen, facts.last_run);
    // A look since then, successful or not, has done what there was to do: after it, the usual times hold.
    let looked = |due: &Timestamp| facts.last_run.is_some_and(|run| run.at >= *due);
    let (why, until) = match facts.migration_due.filter(|due| !looked(due)) {
        Some(due) if due < until => (Why::Migration, due),
        _ => (why, until),
    };
    if until <= facts.now { Decision::Audit { why } } else { Decision::NotDue { until } }
}

/// When an audit is due next if nothing changes, and for what reason: its first slot after the last look (or after
/// `first_seen`), or earlier, when the last look failed and its backoff ends before that slot.
#[must_use]
pub fn next_look(
    uid: &str,
    interval: Duration,
    first_seen: Timestamp,
    last_run: Option<&LastRun>,
) -> (Why, Timestamp) {
    let slot = next_slot(uid, interval, last_run.map_or(first_seen, |run| run.at));
    match last_run {
        Some(run) if run.failures > 0 => {
            let retry = later(run.at, backoff(run.failures));
            if retry < slot { (Why::Retry, retry) } else { (Why::Slot, slot) }
        }
        _ => (Why::Slot, slot),
    }
}

/// What cannot wait for a slot.
fn at_once(facts: &Facts<'_>) -> Option<Why> {
    let Recorded { generation, handled_request, handled_acceptance } = match facts.last_run {
        Some(run) => Recorded {
            generation: Some(run.generation),
            handled_request: run.requested_at.as_deref(),
            handled_acceptance: run.accept_drift.as_deref(),
        },
        None => facts.recorded,
    };
    if generation.is_none() {
        return Some(Why::FirstLook);
    }
    if generation != Some(facts.generation) {
        return Some(Why::NewGeneration);
    }
    let is_new = |token: Option<&str>, handled| token.is_some() && token != handled;
    if is_new(facts.requested_at, handled_request) || is_new(facts.accept_drift, handled_acceptance) {
        return Some(Why::Requested);
    }
    // A look that failed before the documents were read knows nothing about them: its backoff decides.
    let read = facts.last_run.and_then(|run| run.documents.as_deref());
    (read.is_some() && read != Some(facts.documents)).then_some(Why::DocumentsChanged)
}

/// The wait after so many failures in a row: 1 s, doubled each time, at most 15 min.
#[must_use]
pub fn backoff(failures: u32) -> Duration {
    let doublings = failures.saturating_sub(1).min(20);
    (FIRST_BACKOFF * 2u32.pow(doublings)).min(LONGEST_BACKOFF)
}

/// The first slot strictly after a moment.
#[must_use]
pub fn next_slot(uid: &str, interval: Duration, after: Timestamp) -> Timestamp {
    let interval = milliseconds(interval.max(SHORTEST_INTERVAL));
    let phase = milliseconds(phase(uid, Duration::from_millis(interval.unsigned_abs())));
    let into_slot = (after.as_millisecond() - phase).rem_euclid(interval);
    later(after, Duration::from_millis((interval - into_slot).unsigned_abs()))
}

/// How far into each interval the slots of an object lie: at least zero, less than the interval.
#[must_use]
pub fn phase(uid: &str, interval: Duration) -> Duration {
    let hash = Sha256::digest(uid);
    let fraction = hash.iter().take(8).fold(0u64, |sum, byte| (sum << 8) | u64::from(*byte));
    let scaled = (u128::from(fraction) * interval.as_millis()) >> 64;
    Duration::from_millis(u64::try_from(scaled).unwrap_or_default())
}

/// A duration in milliseconds; what does not fit (300 million years) is cut.
fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// A later moment; beyond the end of time it is that end.
fn later(moment: Timestamp, by: Duration) -> Timestamp {
    moment.checked_add(by).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const INTERVAL: Duration = Duration::from_mins(10);

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn facts() -> Facts<'static> {
        Facts {
            uid: "7c8f5d0e",
            generation: 3,
            requested_at: None,
            accept_drift: None,
            documents: "sha256:a",
            suspended: false,
            interval: INTERVAL,
            recorded: Recorded { generation: Some(3), ..Recorded::default() },
            migration_due: None,
            last_run: None,
            first_seen: at(0),
            now: at(0),
        }
    }

    fn run(at: Timestamp) -> LastRun {
        LastRun {
            at,
            generation: 3,
            requested_at: None,
            accept_drift: None,
            documents: Some("sha256:a".into()),
            failures: 0,
        }
    }

    #[test]
    fn an_audit_that_was_never_looked_at_is_due_at_once() {
        let facts = Facts { recorded: Recorded::default(), ..facts() };
        assert_eq!(decide(&facts), Decision::Audit { why: Why::FirstLook });
    }

    #[test]
    fn r31_changes_are_looked_at_at_once() {
        let last = run(at(0));
        let looked = Facts { last_run: Some(&last), ..facts() };
        for (facts, why) in [
            (Facts { generation: 4, ..looked }, Why::NewGeneration),
            (Facts { generation: 4, ..facts() }, Why::NewGeneration),
            (Facts { requested_at: Some("1"), ..looked }, Why::Requested),
            (Facts { requested_at: Some("1"), ..facts() }, Why::Requested),
            (Facts { accept_drift: Some("1"), ..looked }, Why::Requested),
            (Facts { accept_drift: Some("1"), ..facts() }, Why::Requested),
            (Facts { documents: "sha256:b", ..looked }, Why::DocumentsChanged),
        ] {
            assert_eq!(decide(&facts), Decision::Audit { why });
        }
    }

    #[test]
    fn r29_a_request_is_handled_once() {
        let handled = LastRun { requested_at: Some("1".into()), ..run(at(0)) };
        let in_memory = Facts { requested_at: Some("1"), last_run: Some(&handled), ..facts() };
        let recorded = Recorded { generation: Some(3), ..Recorded::default() };
        let in_status = Facts {
            requested_at: Some("1"),
            recorded: Recorded { handled_request: Some("1"), ..recorded },
            ..facts()
        };
        let accepted = LastRun { accept_drift: Some("1".into()), ..run(at(0)) };
        let accepted_in_memory = Facts { accept_drift: Some("1"), last_run: Some(&accepted), ..facts() };
        let accepted_in_status = Facts {
            accept_drift: Some("1"),
            recorded: Recorded { handled_acceptance: Some("1"), ..recorded },
            ..facts()
        };
        for facts in [in_memory, in_status, accepted_in_memory, accepted_in_status] {
            assert!(matches!(decide(&facts), Decision::NotDue { .. }));
        }
    }

    #[test]
    fn r28_a_suspended_audit_does_nothing_even_when_asked() {
        let facts = Facts { suspended: true, generation: 4, requested_at: Some("1"), ..facts() };
        assert_eq!(decide(&facts), Decision::Suspended);
    }

    #[test]
    fn r30_a_restart_waits_for_the_slot_and_then_looks() {
        let Decision::NotDue { until } = decide(&facts()) else { panic!("due at once") };
        assert_eq!(decide(&Facts { now: until, ..facts() }), Decision::Audit { why: Why::Slot });
    }

    #[test]
    fn r33_failures_double_the_wait_up_to_15_minutes() {
        let seconds: Vec<u64> = (1..=12).map(|failures| backoff(failures).as_secs()).collect();
        assert_eq!(seconds, [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900]);
        assert_eq!(backoff(u32::MAX), LONGEST_BACKOFF);
    }

    #[test]
    fn a_look_for_a_migration_is_due_once_from_its_moment_on() {
        let last = run(at(0));
        let waits = Facts { migration_due: Some(at(60)), last_run: Some(&last), now: at(1), ..facts() };
        let Decision::NotDue { until } = decide(&waits) else { panic!("due early") };
        assert!(until <= at(60));
        let waits = Facts { interval: Duration::from_hours(9999), ..waits };
        assert_eq!(decide(&waits), Decision::NotDue { until: at(60) });
        assert_eq!(decide(&Facts { now: at(60), ..waits }), Decision::Audit { why: Why::Migration });
        // It was tried: a failure is repeated when failures are.
        let tried = LastRun { failures: 9, ..run(at(61)) };
        assert_eq!(
            decide(&Facts { now: at(61), last_run: Some(&tried), ..waits }),
            Decision::NotDue { until: later(at(61), backoff(9)) }
        );
    }

    #[test]
    fn a_failed_look_is_repeated_before_the_slot_of_a_long_interval() {
        let slot = next_slot(facts().uid, INTERVAL, at(0));
        let failed = LastRun { failures: 2, ..run(slot) };
        let facts = Facts { last_run: Some(&failed), now: later(slot, Duration::from_secs(2)), ..facts() };
        assert_eq!(decide(&facts), Decision::Audit { why: Why::Retry });
    }

    #[test]
    fn a_failure_before_the_documents_were_read_is_not_a_change_of_documents() {
        let failed = LastRun { failures: 1, documents: None, ..run(at(0)) };
        let facts = Facts { last_run: Some(&failed), ..facts() };
        assert!(matches!(decide(&facts), Decision::NotDue { .. }));
    }

    #[test]
    fn r30_the_phases_of_10000_audits_are_spread_evenly() {
        let mut buckets = [0u32; 20];
        for number in 0..10_000 {
            let uid = format!("00000000-0000-4000-8000-{number:012}");
            let second = phase(&uid, INTERVAL).as_secs();
            buckets[usize::try_from(second / 30).unwrap()] += 1;
        }
        assert!(buckets.iter().all(|count| (400..600).contains(count)), "{buckets:?}");
    }

    proptest! {
        #[test]
        fn a_slot_is_later_than_now_and_at_most_one_interval_away(
            uid in "[0-9a-f]{8}", interval in 100u64..200_000_000, now in 0i64..100_000_000_000_000,
        ) {
            let interval = Duration::from_millis(interval);
            let now = Timestamp::from_millisecond(now).unwrap();
            let slot = next_slot(&uid, interval, now);
            prop_assert!(slot > now && slot <= later(now, interval));
            prop_assert_eq!(next_slot(&uid, interval, slot), later(slot, interval));
        }

        #[test]
        fn there_is_always_a_next_look_and_it_is_never_early(
            uid in "[0-9a-f]{8}", interval in 0u64..10_000_000, failures in 0u32..100, waited in 0i64..10_000_000,
        ) {
            let last = LastRun { failures, ..run(at(0)) };
            let now = Timestamp::from_millisecond(at(0).as_millisecond() + waited).unwrap();
            let facts = Facts {
                uid: &uid, interval: Duration::from_millis(interval), last_run: Some(&last), now, ..facts()
            };
            let (_, due) = next_look(&uid, facts.interval, facts.first_seen, facts.last_run);
            prop_assert!(due > last.at);
            match decide(&facts) {
                Decision::NotDue { until } => prop_assert!(until > now && until == due),
                Decision::Audit { .. } => prop_assert!(due <= now),
                Decision::Suspended => prop_assert!(false),
            }
        }

        #[test]
        fn a_failed_look_never_waits_longer_than_a_successful_one(
            uid in "[0-9a-f]{8}", interval in 1u64..100_000_000, failures in 1u32..100,
        ) {
            let interval = Duration::from_millis(interval);
            let failed = LastRun { failures, ..run(at(0)) };
            let (_, retry) = next_look(&uid, interval, at(0), Some(&failed));
            let (_, slot) = next_look(&uid, interval, at(0), Some(&run(at(0))));
            prop_assert!(retry <= slot && retry <= later(at(0), LONGEST_BACKOFF));
        }
    }
}
