//! What an audit came to, as the status of its `SchemaAudit`.
//!
//! `Ready` is derived, never set by hand: the first that fails of a fixed order gives its reason. The order: the
//! database was reached and read; the feature sets could be read, and the baseline; the report could be written; nothing is
//! missing, different, drifted or unknown.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use super::feature_set::MissingReference;
use super::finding;
use crate::api::condition::{ConditionStatus, ConditionType, NewCondition, is_true, upsert};
use crate::api::schema_audit::Enforcement;
use crate::api::status::{
    BaselineReference, Counts, FeatureState, FeatureStatus, FindingState, FindingStatus, KindStatus,
    MAX_PROBLEMS, ProblemStatus, ReportReference, SchemaAuditStatus,
};
use crate::api::{Class, Reason};
use crate::core::audit::report::{Counts as CoreCounts, Report};
use crate::core::audit::requirement::Requirements;
use crate::core::problem::{Problem, Severity};

/// How many components, or problems, a message names.
const NAMED_IN_MESSAGE: usize = 3;

/// The object that the status is about, as it was when the audit began.
#[derive(Debug, Clone, Copy)]
pub struct Subject<'a> {
    /// `metadata.generation`.
    pub generation: i64,
    /// `spec.enforcement`.
    pub enforcement: Enforcement,
    /// The value of the annotation that asks for an audit, if it is there.
    pub requested_at: Option<&'a str>,
    /// The value of the annotation that accepts what drifted, if it is there and drift is watched.
    pub accept_drift: Option<&'a str>,
    /// What of the documents is not there.
    pub faults: &'a [Fault],
}

/// Something that a document or the spec refers to and that could not be had. What could be had is audited.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Why.
    pub reason: Reason,
    /// The feature set.
    pub set: Arc<str>,
    /// The feature, where it is about one.
    pub feature: Option<Arc<str>>,
    /// A sentence without a full stop.
    pub message: String,
}

impl From<&MissingReference> for Fault {
    fn from(missing: &MissingReference) -> Self {
        Self {
            reason: missing.reason(),
            set: missing.set.clone(),
            feature: Some(missing.feature.clone()),
            message: missing.to_string(),
        }
    }
}

/// What an audit came to.
#[derive(Debug, Clone)]
pub enum Outcome<'a> {
    /// The database was read.
    Audited {
        /// What was found.
        report: &'a Report,
        /// Where the whole report is, or why it could not be written, with the remedy.
        stored: Result<Option<ReportReference>, String>,
        /// What became of the baseline, where drift is watched.
        baseline: Option<&'a Baseline>,
    },
    /// The database was not read.
    NotAudited {
        /// Why.
        reason: Reason,
        /// Why, in a sentence without secrets.
        message: String,
        /// What is required, where the documents could be read; otherwise what the last status says is kept.
        required: Option<&'a Requirements>,
    },
    /// No audit is wanted.
    Suspended,
}

/// What became of a baseline in an audit. A request to accept what drifted was handled in it, unless it could not be written.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    /// Where it is, if anything was accepted yet.
    pub stored: Option<BaselineReference>,
    /// Why drift cannot be decided, with the remedy, if so.
    pub trouble: Option<(Reason, String)>,
}

impl Baseline {
    /// Whether a request to accept what drifted was handled.
    fn is_handled(&self) -> bool {
        self.trouble.as_ref().is_none_or(|(reason, _)| *reason != Reason::ConfigMapUnwritable)
    }
}

/// The status after an audit. `previous` is the status before it; `now` is when it ended.
#[must_use]
pub fn status(
    subject: &Subject<'_>,
    previous: Option<&SchemaAuditStatus>,
    outcome: &Outcome<'_>,
    now: Timestamp,
) -> SchemaAuditStatus {
    let now = to_the_second(now);
    let previous = previous.cloned().unwrap_or_default();
    let urgent = was_urgent(subject, &previous);
    let (mut next, decided) = match outcome {
        Outcome::Audited { report, stored, baseline } => {
            audited(subject, previous, report, stored.as_ref().map_err(String::as_str), *baseline, &now)
        }
        Outcome::NotAudited { reason, message, required } => {
            not_audited(subject, previous, *reason, message, *required)
        }
        Outcome::Suspended => suspended(previous),
    };
    next.observed_generation = Some(subject.generation);
    if let (Some(requested_at), false) = (subject.requested_at, matches!(outcome, Outcome::Suspended)) {
        next.last_handled_reconcile_at = Some(requested_at.to_owned());
    }
    next.conditions = conditions(next.conditions, decided, urgent, subject.generation, &now);
    next
}

/// Whether the API server should be told. A status that differs in nothing but the time of the audit is no news,
/// unless the last one told is older than `heartbeat` (zero: never).
#[must_use]
pub fn is_news(previous: Option<&SchemaAuditStatus>, next: &SchemaAuditStatus, heartbeat: Duration) -> bool {
    let Some(previous) = previous else { return true };
    let told = SchemaAuditStatus { last_audit_time: next.last_audit_time.clone(), ..previous.clone() };
    if told != *next {
        return true;
    }
    match (&previous.last_audit_time, &next.last_audit_time) {
        (Some(told), Some(seen)) => {
            let age = seen.0.duration_since(told.0);
            !heartbeat.is_zero() && age.unsigned_abs() >= heartbeat
        }
        (told, seen) => told != seen,
    }
}

/// Conditions are written to the second, as the API server itself does.
fn to_the_second(time: Timestamp) -> Time {
    Time(Timestamp::from_second(time.as_second()).unwrap_or(time))
}

/// Whether this audit was due at once: a first one, a new generation, a requested one, or the next attempt at such a
/// one. A periodic audit is not: a status that says "in progress" at each would make health flap.
fn was_urgent(subject: &Subject<'_>, previous: &SchemaAuditStatus) -> bool {
    previous.observed_generation != Some(subject.generation)
        || subject.requested_at.is_some_and(|at| previous.last_handled_reconcile_at.as_deref() != Some(at))
        || subject.accept_drift.is_some_and(|it| previous.last_handled_accept_drift.as_deref() != Some(it))
        || is_true(&previous.conditions, ConditionType::Reconciling)
}

/// What was decided about Connected, Compliant and the documents, from which Ready follows. `None` leaves a condition
/// as it was.
struct Decided {
    connected: Option<NewCondition>,
    compliant: Option<NewCondition>,
    ready: NewCondition,
    /// Whether the audit did all that it could: then no retry is announced, however it came out.
    complete: bool,
}

fn condition(
    type_: ConditionType,
    status: ConditionStatus,
    reason: Reason,
    message: impl Into<String>,
) -> NewCondition {
    NewCondition { type_, status, reason, message: message.into() }
}

/// Joins the old conditions and the new ones, and adds what follows from Ready: Stalled when a person must act,
/// Reconciling when an urgent audit failed and is tried again.
fn conditions(
    mut conditions: Vec<Condition>,
    decided: Decided,
    urgent: bool,
    generation: i64,
    now: &Time,
) -> Vec<Condition> {
    let Decided { connected, compliant, ready, complete } = decided;
    let failed = ready.status == ConditionStatus::False;
    let class = ready.reason.class();
    let stalled = (failed && class == Class::Stalled).then(|| {
        condition(ConditionType::Stalled, ConditionStatus::True, ready.reason, ready.message.clone())
    });
    let retrying = failed && urgent && !complete && matches!(class, Class::Transient | Class::Waiting);
    let reconciling = retrying.then(|| {
        let message = format!("The audit is tried again: {}", ready.message);
        condition(ConditionType::Reconciling, ConditionStatus::True, Reason::ProgressingWithRetry, message)
    });
    let present_only_while_true = |type_| match type_ {
        ConditionType::Stalled => stalled.is_some(),
        ConditionType::Reconciling => reconciling.is_some(),
        ConditionType::Ready
        | ConditionType::Connected
        | ConditionType::Compliant
        | ConditionType::Migrated => true,
    };
    conditions.retain(|old| ConditionType::from_name(&old.type_).is_some_and(present_only_while_true));
    let decided = [Some(ready), connected, compliant, reconciling, stalled];
    for new in decided.into_iter().flatten() {
        upsert(&mut conditions, new, generation, now);
    }
    conditions.sort_by_key(|condition| ConditionType::from_name(&condition.type_));
    conditions
}

/// The database was read.
fn audited(
    subject: &Subject<'_>,
    previous: SchemaAuditStatus,
    report: &Report,
    stored: Result<&Option<ReportReference>, &str>,
    baseline: Option<&Baseline>,
    now: &Time,
) -> (SchemaAuditStatus, Decided) {
    let (findings, findings_truncated) = finding::findings(report);
    let accepted =
        subject.accept_drift.filter(|_| baseline.is_some_and(Baseline::is_handled)).map(str::to_owned);
    let next = SchemaAuditStatus {
        last_audit_time: Some(now.clone()),
        server: Some(finding::server(&report.server)),
        summary: Some(finding::counts(&report.summary)),
        kinds: report.kinds.iter().map(|(kind, counts)| finding::kind(*kind, counts)).collect(),
        features: report.features.iter().map(finding::feature).collect(),
        findings,
        findings_truncated,
        coverage: Some(finding::coverage(&report.coverage, &report.definitions)),
        problems: problems(subject.faults, &report.problems),
        report: stored.ok().cloned().flatten(),
        baseline: baseline.and_then(|baseline| baseline.stored.clone()),
        last_handled_accept_drift: accepted.or(previous.last_handled_accept_drift),
        ..previous
    };
    let undecided = || baseline?.trouble.clone();
    let invalid = first_fault(subject.faults, &report.problems).or_else(undecided);
    let compliant = compliant(&report.summary, &next.findings, invalid.as_ref());
    let unwritten = || Some((Reason::ConfigMapUnwritable, stored.err()?.to_owned()));
    let invalid = invalid.or_else(unwritten);
    let ready = match (&invalid, subject.enforcement) {
        (Some((reason, message)), _) => {
            condition(ConditionType::Ready, ConditionStatus::False, *reason, message)
        }
        (None, _) if compliant.status == ConditionStatus::True => {
            NewCondition { type_: ConditionType::Ready, ..compliant.clone() }
        }
        (None, Enforcement::Enforce) => {
            NewCondition { type_: ConditionType::Ready, status: ConditionStatus::False, ..compliant.clone() }
        }
        (None, Enforcement::Report) => {
            let message = format!("{}; findings are only reported", compliant.message);
            condition(ConditionType::Ready, ConditionStatus::True, Reason::AuditSucceeded, message)
        }
    };
    let connected = condition(
        ConditionType::Connected,
        ConditionStatus::True,
        Reason::AuditSucceeded,
        "The database was reached and read",
    );
    let complete = invalid.is_none();
    (next, Decided { connected: Some(connected), compliant: Some(compliant), ready, complete })
}

/// The condition Compliant after a look.
fn compliant(
    counts: &CoreCounts,
    findings: &[FindingStatus],
    invalid: Option<&(Reason, String)>,
) -> NewCondition {
    let CoreCounts { required, present: _, missing, different, drifted, unknown } = *counts;
    let message_on = |state, count, word| findings_message(counts, findings, (state, count, word));
    let of = |status, reason, message| condition(ConditionType::Compliant, status, reason, message);
    if missing > 0 {
        let message = message_on(FindingState::Missing, missing, "missing");
        of(ConditionStatus::False, Reason::ComponentsMissing, message)
    } else if different > 0 {
        let message = message_on(FindingState::Different, different, "different");
        of(ConditionStatus::False, Reason::ComponentsDifferent, message)
    } else if drifted > 0 {
        let message = message_on(FindingState::Drifted, drifted, "drifted");
        of(ConditionStatus::False, Reason::ComponentsDrifted, message)
    } else if unknown > 0 {
        let message = message_on(FindingState::Unknown, unknown, "unknown");
        of(ConditionStatus::Unknown, Reason::ComponentsUnknown, message)
    } else if let Some((reason, message)) = invalid {
        of(ConditionStatus::Unknown, *reason, message.clone())
    } else {
        let message = format!("All {required} required components are in place");
        of(ConditionStatus::True, Reason::AuditSucceeded, message)
    }
}

/// `61 of 88 required components are missing: table/public.a, table/public.b, table/public.c and 58 more; 2 unknown`.
fn findings_message(
    counts: &CoreCounts,
    findings: &[FindingStatus],
    (state, count, word): (FindingState, usize, &str),
) -> String {
    let named: Vec<&str> = findings
        .iter()
        .filter(|finding| finding.state == state)
        .take(NAMED_IN_MESSAGE)
        .map(|finding| finding.component.as_str())
        .collect();
    let more = count.saturating_sub(named.len());
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let are = if count == 1 { "is" } else { "are" };
    let mut message = format!(
        "{count} of {} required components {are} {word}: {}{more}",
        counts.required,
        named.join(", ")
    );
    for (other, others, word) in [
        (FindingState::Different, counts.different, "different"),
        (FindingState::Drifted, counts.drifted, "drifted"),
        (FindingState::Unknown, counts.unknown, "unknown"),
    ] {
        if other != state && others > 0 {
            let _ = write!(message, "; {others} {word}");
        }
    }
    message
}

/// The database was not read.
fn not_audited(
    subject: &Subject<'_>,
    previous: SchemaAuditStatus,
    reason: Reason,
    message: &str,
    required: Option<&Requirements>,
) -> (SchemaAuditStatus, Decided) {
    let (kinds, features, problems) = match required {
        Some(required) => {
            let problems = problems(subject.faults, &required.problems);
            (kinds_of(required), features_of(required), problems)
        }
        None if subject.faults.is_empty() => (previous.kinds, previous.features, previous.problems),
        None => (previous.kinds, previous.features, problems(subject.faults, &[])),
    };
    let summary = required
        .map(|required| finding::count(required.components.len()))
        .or(previous.summary.map(|summary| summary.required));
    let next = SchemaAuditStatus {
        summary: summary.map(unseen),
        kinds: kinds.into_iter().map(unseen_kind).collect(),
        features: features.into_iter().map(unseen_feature).collect(),
        findings: Vec::new(),
        findings_truncated: false,
        coverage: None,
        problems,
        ..previous
    };
    let connected =
        if concerns_connection(reason) { ConditionStatus::False } else { ConditionStatus::Unknown };
    let decided = Decided {
        connected: Some(condition(ConditionType::Connected, connected, reason, message)),
        compliant: Some(condition(ConditionType::Compliant, ConditionStatus::Unknown, reason, message)),
        ready: condition(ConditionType::Ready, ConditionStatus::False, reason, message),
        complete: false,
    };
    (next, decided)
}

/// Nothing was looked at, and nothing that the last look found is forgotten.
fn suspended(previous: SchemaAuditStatus) -> (SchemaAuditStatus, Decided) {
    let message = "No audits run while spec.suspend is true";
    let at_first = |type_: ConditionType| {
        let is_there = previous.conditions.iter().any(|condition| condition.type_ == type_.name());
        (!is_there).then(|| condition(type_, ConditionStatus::Unknown, Reason::Suspended, message))
    };
    let decided = Decided {
        connected: at_first(ConditionType::Connected),
        compliant: at_first(ConditionType::Compliant),
        ready: condition(ConditionType::Ready, ConditionStatus::False, Reason::Suspended, message),
        complete: true,
    };
    (previous, decided)
}

/// Whether the reason says that the database could not be reached or read, rather than that it was not tried.
const fn concerns_connection(reason: Reason) -> bool {
    match reason {
        Reason::SecretNotFound
        | Reason::SecretKeyMissing
        | Reason::InvalidConnection
        | Reason::HostUnreachable
        | Reason::TlsFailed
        | Reason::AuthenticationFailed
        | Reason::DatabaseNotFound
        | Reason::PermissionDenied
        | Reason::ServerUnavailable
        | Reason::UnsupportedServer
        | Reason::TimedOut
        | Reason::Interrupted => true,
        Reason::AuditSucceeded
        | Reason::Succeeded
        | Reason::Suspended
        | Reason::ProgressingWithRetry
        | Reason::ComponentsMissing
        | Reason::ComponentsDifferent
        | Reason::ComponentsDrifted
        | Reason::ComponentsUnknown
        | Reason::BaselineAccepted
        | Reason::BaselineRecreated
        | Reason::BaselineUnreadable
        | Reason::ConfigMapUnwritable
        | Reason::NothingToMigrate
        | Reason::MigrationPlanned
        | Reason::MigrationsSwitchedOff
        | Reason::MigrationBlocked
        | Reason::AwaitingApproval
        | Reason::ApprovalVoid
        | Reason::AwaitingWindow
        | Reason::MigrationRetrying
        | Reason::MigrationStarted
        | Reason::MigrationSucceeded
        | Reason::MigrationFailed
        | Reason::FeatureSetNotFound
        | Reason::ConfigMapNotFound
        | Reason::ConfigMapKeyMissing
        | Reason::ReferenceForbidden
        | Reason::InvalidSpec
        | Reason::InvalidFeatureSet
        | Reason::InvalidSql
        | Reason::KubernetesApiFailed => false,
    }
}

/// The counts of components none of which could be seen: nobody counted those that are there, or missing.
fn unseen(required: i64) -> Counts {
    Counts { required, unknown: required, ..Counts::default() }
}

fn unseen_kind(KindStatus { kind, counts }: KindStatus) -> KindStatus {
    KindStatus { kind, counts: unseen(counts.required) }
}

fn unseen_feature(feature: FeatureStatus) -> FeatureStatus {
    let FeatureStatus { set, name, required, .. } = feature;
    let state = FeatureState::Unknown;
    FeatureStatus { set, name, state, required, unknown: required, ..FeatureStatus::default() }
}

/// The required kinds, each with how many components are required of it.
fn kinds_of(requirements: &Requirements) -> Vec<KindStatus> {
    let mut required = BTreeMap::new();
    for id in requirements.components.keys() {
        *required.entry(id.kind).or_insert(0) += 1;
    }
    required
        .into_iter()
        .map(|(kind, required)| KindStatus { kind: kind.name().to_owned(), counts: unseen(required) })
        .collect()
}

/// The wanted features, each with how many components it requires.
fn features_of(requirements: &Requirements) -> Vec<FeatureStatus> {
    let mut required = BTreeMap::new();
    for feature in requirements.components.values().flat_map(|requirement| requirement.features.iter()) {
        *required.entry(feature).or_insert(0) += 1;
    }
    requirements
        .features
        .iter()
        .map(|feature| FeatureStatus {
            set: feature.set.to_string(),
            name: feature.name.to_string(),
            required: required.get(feature).copied().unwrap_or(0),
            ..FeatureStatus::default()
        })
        .collect()
}

/// What is not there, then what is wrong, within the bounds of the API.
pub(super) fn problems(faults: &[Fault], wrong: &[Problem]) -> Vec<ProblemStatus> {
    let faults = faults.iter().map(|Fault { reason: _, set, feature, message }| ProblemStatus {
        set: Some(set.to_string()),
        feature: feature.as_ref().map(ToString::to_string),
        message: message.clone(),
        ..ProblemStatus::default()
    });
    faults.chain(finding::problems(wrong, true)).take(MAX_PROBLEMS).collect()
}

/// Why the documents could not be read in whole, if so: reason and message. What is not there comes first, because
/// statements that could not be understood may follow from it.
pub(super) fn first_fault(faults: &[Fault], problems: &[Problem]) -> Option<(Reason, String)> {
    let errors: Vec<&Problem> =
        problems.iter().filter(|problem| problem.severity == Severity::Error).collect();
    let messages: Vec<String> = faults
        .iter()
        .map(|fault| fault.message.clone())
        .chain(errors.iter().map(ToString::to_string))
        .collect();
    let reason = match (faults.first(), errors.first()) {
        (Some(fault), _) => fault.reason,
        (None, Some(Problem { position: Some(_), .. })) => Reason::InvalidSql,
        (None, Some(Problem { position: None, .. })) => Reason::InvalidFeatureSet,
        (None, None) => return None,
    };
    let named = messages.iter().take(NAMED_IN_MESSAGE).cloned().collect::<Vec<_>>().join("; ");
    let more = messages.len().saturating_sub(NAMED_IN_MESSAGE);
    Some((reason, if more > 0 { format!("{named}; and {more} more") } else { named }))
}

#[cfg(test)]
mod tests;
