//! What to tell when a status becomes another one. Events tell transitions: an audit that finds what the last one
//! found makes none.

use crate::api::condition::{self, ConditionStatus, ConditionType};
use crate::api::migration_status::JobStatus;
use crate::api::{Class, FeatureSetStatus, Reason, SchemaAuditStatus};
use crate::core::drift::acceptance::Why;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

/// The longest note that the API server takes, in bytes.
const MAX_NOTE_BYTES: usize = 1000;

/// Whether an event is good news.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventType {
    /// As it should be.
    Normal,
    /// Somebody may want to look.
    Warning,
}

/// An event to publish.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventNote {
    /// Normal or Warning.
    pub type_: EventType,
    /// Why: the reason of the condition that changed.
    pub reason: Reason,
    /// What was done.
    pub action: &'static str,
    /// The message of the condition, no longer than an event may be.
    pub note: String,
}

/// The events of an audit. `previous` is the status before it.
#[must_use]
pub fn events(previous: Option<&SchemaAuditStatus>, next: &SchemaAuditStatus) -> Vec<EventNote> {
    let before = previous.map_or(&[][..], |previous| &previous.conditions);
    // Ready tells most: Connected comes first in its order. Compliant adds what Ready hides: findings that are only
    // reported, or that come with a document that cannot be read.
    let mut events: Vec<EventNote> = launched(previous, next).into_iter().collect();
    events.extend(migrations(previous, next));
    for (type_, action) in [
        (ConditionType::Migrated, "Migrate"),
        (ConditionType::Ready, "Audit"),
        (ConditionType::Compliant, "Audit"),
    ] {
        if let Some(event) = transition(before, &next.conditions, type_, action)
            && event.reason != Reason::NothingToMigrate
            && !events.iter().any(|told: &EventNote| told.reason == event.reason)
        {
            events.push(event);
        }
    }
    events
}

/// The migration that was launched: of which plan, and by whose word.
fn launched(previous: Option<&SchemaAuditStatus>, next: &SchemaAuditStatus) -> Option<EventNote> {
    let job = |status: &SchemaAuditStatus| status.migration.as_ref().and_then(|it| it.job.clone());
    let JobStatus { name, number, plan, approved_by, .. } = job(next)?;
    if previous.and_then(job).is_some_and(|before| before.number == number) {
        return None;
    }
    let by = approved_by.map_or("which needed no approval".to_owned(), |by| format!("approved by {by}"));
    let note = format!("Job {name} was launched for the plan {plan}, {by}");
    Some(EventNote {
        type_: EventType::Normal,
        reason: Reason::MigrationStarted,
        action: "Migrate",
        note: condition::cut(note, MAX_NOTE_BYTES),
    })
}

/// The migrations that came to an end: each is told once, with what became of it and how to go back.
fn migrations(previous: Option<&SchemaAuditStatus>, next: &SchemaAuditStatus) -> Vec<EventNote> {
    let history = |status: &SchemaAuditStatus| -> Vec<JobStatus> {
        status.migration.as_ref().map(|migration| migration.history.clone()).unwrap_or_default()
    };
    let told: Vec<i64> = previous.map(history).unwrap_or_default().iter().map(|it| it.number).collect();
    let new = history(next).into_iter().filter(|it| !told.contains(&it.number)).take(1);
    new.map(|JobStatus { name, plan, verdict, message, restore, .. }| {
        let (type_, reason, word) = match verdict.as_deref() {
            Some("Succeeded") => (EventType::Normal, Reason::MigrationSucceeded, "applied"),
            Some("Transient") => (EventType::Warning, Reason::MigrationRetrying, "could not begin to apply"),
            _ => (EventType::Warning, Reason::MigrationFailed, "did not apply"),
        };
        let why = condition::cut(message.unwrap_or_default(), MAX_NOTE_BYTES / 2);
        let restore = restore.map(|restore| format!("; to go back: {restore}")).unwrap_or_default();
        let note = format!("Job {name} {word} the plan {plan}: {why}{restore}");
        EventNote { type_, reason, action: "Migrate", note: condition::cut(note, MAX_NOTE_BYTES) }
    })
    .collect()
}

/// The events of reading a feature document.
#[must_use]
pub fn feature_set_events(previous: Option<&FeatureSetStatus>, next: &FeatureSetStatus) -> Vec<EventNote> {
    let before = previous.map_or(&[][..], |previous| &previous.conditions);
    transition(before, &next.conditions, ConditionType::Ready, "Read").into_iter().collect()
}

/// The event of a baseline that was written, of so many components; `None` for one that only followed the requirements.
#[must_use]
pub fn accepted(why: &Why, components: usize) -> Option<EventNote> {
    let (type_, reason, note) = match why {
        Why::Requirements => return None,
        Why::First => (
            EventType::Normal,
            Reason::BaselineAccepted,
            format!("The audit is compliant: what {components} components are like is the baseline now"),
        ),
        Why::Asked => (
            EventType::Normal,
            Reason::BaselineAccepted,
            format!("Accepted as asked for: what {components} components are like is the baseline now"),
        ),
        Why::Lost => (
            EventType::Warning,
            Reason::BaselineRecreated,
            format!(
                "The baseline was gone and is made again of {components} components, because the audit is \
                 compliant; what changed since the last audit with a baseline was not seen"
            ),
        ),
        Why::Stale(stale) => (
            EventType::Warning,
            Reason::BaselineRecreated,
            format!(
                "The baseline could not be compared with ({stale}) and is made again of {components} components, \
                 because the audit is compliant; what changed since the last audit with a baseline was not seen"
            ),
        ),
    };
    Some(EventNote { type_, reason, action: "Accept", note: condition::cut(note, MAX_NOTE_BYTES) })
}

/// The event of a condition whose status or reason changed.
fn transition(
    before: &[Condition],
    after: &[Condition],
    type_: ConditionType,
    action: &'static str,
) -> Option<EventNote> {
    let now = condition::find(after, type_)?;
    let told = |condition: &Condition| (condition.status.clone(), condition.reason.clone());
    if condition::find(before, type_).map(told) == Some(told(now)) {
        return None;
    }
    let reason = Reason::from_name(&now.reason)?;
    let is_no_warning = matches!(reason, Reason::AwaitingApproval | Reason::AwaitingWindow);
    let is_good =
        now.status == ConditionStatus::True.name() || reason.class() == Class::Fine || is_no_warning;
    let type_ = if is_good { EventType::Normal } else { EventType::Warning };
    Some(EventNote { type_, reason, action, note: condition::cut(now.message.clone(), MAX_NOTE_BYTES) })
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::api::schema_audit::Enforcement;
    use crate::core::audit::finding::State;
    use crate::core::audit::report::{Counts, Report};
    use crate::translate::status::{Outcome, Subject, status};

    fn report(states: &[State]) -> Report {
        let mut summary = Counts::default();
        for state in states {
            summary.add(*state);
        }
        Report { summary, ..Report::default() }
    }

    /// The events of a life, step by step: `Warning ComponentsMissing`.
    fn life(enforcement: Enforcement, outcomes: &[Outcome<'_>]) -> Vec<Vec<String>> {
        let subject =
            Subject { generation: 1, enforcement, requested_at: None, accept_drift: None, faults: &[] };
        let mut previous = None;
        let mut told = Vec::new();
        for outcome in outcomes {
            let next = status(&subject, previous.as_ref(), outcome, Timestamp::UNIX_EPOCH);
            let events = events(previous.as_ref(), &next);
            told.push(events.iter().map(|event| format!("{:?} {}", event.type_, event.reason)).collect());
            previous = Some(next);
        }
        told
    }

    fn audited(report: &Report) -> Outcome<'_> {
        Outcome::Audited { report, stored: Ok(None), baseline: None }
    }

    fn failed(reason: Reason) -> Outcome<'static> {
        Outcome::NotAudited { reason, message: "no".repeat(2000), required: None }
    }

    #[test]
    fn r44_events_tell_transitions_and_nothing_else() {
        let (whole, holed) = (report(&[State::Present; 2]), report(&[State::Present, State::Missing]));
        let outcomes = [
            audited(&whole),
            audited(&whole),
            audited(&holed),
            audited(&holed),
            failed(Reason::HostUnreachable),
            failed(Reason::HostUnreachable),
            failed(Reason::TimedOut),
            audited(&holed),
            audited(&whole),
            Outcome::Suspended,
            Outcome::Suspended,
        ];
        let expected: [&[&str]; 11] = [
            &["Normal AuditSucceeded"],
            &[],
            &["Warning ComponentsMissing"],
            &[],
            &["Warning HostUnreachable"],
            &[],
            &["Warning TimedOut"],
            &["Warning ComponentsMissing"],
            &["Normal AuditSucceeded"],
            &["Normal Suspended"],
            &[],
        ];
        assert_eq!(life(Enforcement::Enforce, &outcomes), expected);
    }

    #[test]
    fn a_migration_that_is_launched_is_told_once_with_its_plan_and_who_approved_it() {
        let status = |number: i64, by: Option<&str>, phase: &str| -> SchemaAuditStatus {
            let job = serde_json::json!({"name": format!("shop-1-{number}"), "number": number, "plan": "sha256:1",
                "documents": "", "generation": 1, "approvedBy": by, "startedAt": "2026-01-01T00:00:00Z"});
            let migration = serde_json::json!({"phase": phase, "job": job});
            serde_json::from_value(serde_json::json!({"migration": migration})).unwrap()
        };
        let told = |before: &SchemaAuditStatus, after: &SchemaAuditStatus| {
            events(Some(before), after).into_iter().map(|event| event.note).collect::<Vec<_>>()
        };
        let nothing = SchemaAuditStatus::default();
        let (first, second) = (status(1, Some("jane"), "Running"), status(2, None, "Running"));
        assert_eq!(
            told(&nothing, &first),
            ["Job shop-1-1 was launched for the plan sha256:1, approved by jane"]
        );
        assert_eq!(told(&first, &status(1, Some("jane"), "Verifying")), [""; 0]);
        assert_eq!(
            told(&first, &second),
            ["Job shop-1-2 was launched for the plan sha256:1, which needed no approval"]
        );
    }

    #[test]
    fn findings_that_are_only_reported_are_told_all_the_same() {
        let (whole, holed) = (report(&[State::Present; 2]), report(&[State::Present, State::Missing]));
        let outcomes = [audited(&whole), audited(&holed), audited(&holed), audited(&whole)];
        let expected: [&[&str]; 4] =
            [&["Normal AuditSucceeded"], &["Warning ComponentsMissing"], &[], &["Normal AuditSucceeded"]];
        assert_eq!(life(Enforcement::Report, &outcomes), expected);
    }

    #[test]
    fn an_accepted_baseline_is_told_unless_it_only_follows_the_requirements() {
        let told = |why: Why| accepted(&why, 7).map(|event| (event.type_, event.reason, event.note));
        assert_eq!(told(Why::Requirements), None);
        let (type_, reason, note) = told(Why::Asked).unwrap();
        assert_eq!((type_, reason), (EventType::Normal, Reason::BaselineAccepted));
        assert!(note.contains("7 components"), "{note}");
        for why in [Why::Lost, Why::Stale("taken on PostgreSQL 15".repeat(100))] {
            let (type_, reason, note) = told(why).unwrap();
            assert_eq!((type_, reason), (EventType::Warning, Reason::BaselineRecreated));
            assert!(note.len() <= 1000);
        }
    }

    #[test]
    fn r44_a_note_fits_an_event() {
        let subject = Subject {
            generation: 1,
            enforcement: Enforcement::Enforce,
            requested_at: None,
            accept_drift: None,
            faults: &[],
        };
        let next = status(&subject, None, &failed(Reason::TimedOut), Timestamp::UNIX_EPOCH);
        let events = events(None, &next);
        assert_eq!(events.len(), 1, "Compliant says the same as Ready");
        assert!(events[0].note.len() <= 1000, "{}", events[0].note.len());
    }
}
