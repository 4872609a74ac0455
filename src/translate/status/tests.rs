//! The status as a whole: by example, and what must hold whatever happens (R3 to R11).

use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::api::condition::find;
use crate::core::audit::finding::{Details, Finding, State};
use crate::core::audit::report::{Counts as CoreCounts, FeatureResult, FeatureState as CoreFeatureState};
use crate::core::audit::requirement::{FeatureRef, Requirement};
use crate::core::component::ComponentId;
use crate::core::kind::{Kind, Shape};
use crate::core::name::QualifiedName;
use crate::core::problem::Position;

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn subject(generation: i64, enforcement: Enforcement) -> Subject<'static> {
    Subject { generation, enforcement, requested_at: None, accept_drift: None, faults: &[] }
}

fn enforced(generation: i64) -> Subject<'static> {
    subject(generation, Enforcement::Enforce)
}

fn core_feature() -> FeatureRef {
    FeatureRef { set: "sales-flow".into(), name: "core".into() }
}

fn table(number: usize) -> ComponentId {
    ComponentId::in_schema(Kind::Table, QualifiedName::new("public", format!("t{number:03}").as_str()))
}

/// A report on tables of these states.
fn report(states: &[State]) -> Report {
    let mut states = states.to_vec();
    states.sort();
    let mut counts = CoreCounts::default();
    for state in &states {
        counts.add(*state);
    }
    let finding = |(number, state): (usize, &State)| {
        Finding::new(table(number), [core_feature()].into(), *state, None, Details::default())
    };
    let state = CoreFeatureState::Partial;
    Report {
        findings: states.iter().enumerate().map(finding).collect(),
        summary: counts,
        kinds: vec![(Kind::Table, counts)],
        features: vec![FeatureResult { feature: core_feature(), state, counts }],
        ..Report::default()
    }
}

/// Requirements of so many tables.
fn requirements(tables: usize) -> Requirements {
    let requirement = Requirement {
        shape: Shape::open(Kind::Table),
        features: [core_feature()].into(),
        position: None,
        name_is_generated: false,
        undecidable: None,
    };
    Requirements {
        components: (0..tables).map(|number| (table(number), requirement.clone())).collect(),
        features: vec![core_feature()],
        ..Requirements::default()
    }
}

fn sql_error() -> Problem {
    Problem {
        severity: Severity::Error,
        set: "sales-flow".into(),
        feature: Some("core".into()),
        position: Some(Position { source: "sales-flow-sql/core.sql".into(), line: 12 }),
        message: "syntax error at or near \"tabel\"".into(),
    }
}

fn audited(report: &Report) -> Outcome<'_> {
    Outcome::Audited { report, stored: Ok(None), baseline: None }
}

fn failed(reason: Reason) -> Outcome<'static> {
    Outcome::NotAudited { reason, message: format!("it is {reason}"), required: None }
}

/// `Ready=False ComponentsMissing, ...`, the conditions in their order.
fn shown(status: &SchemaAuditStatus) -> String {
    let all: Vec<_> = status
        .conditions
        .iter()
        .map(|condition| format!("{}={} {}", condition.type_, condition.status, condition.reason))
        .collect();
    all.join(", ")
}

fn message(status: &SchemaAuditStatus, type_: ConditionType) -> &str {
    &find(&status.conditions, type_).unwrap().message
}

#[test]
fn a_database_that_carries_everything_is_ready() {
    let report = report(&[State::Present; 3]);
    let status = status(&enforced(1), None, &audited(&report), at(100));
    assert_eq!(
        shown(&status),
        "Ready=True AuditSucceeded, Connected=True AuditSucceeded, Compliant=True AuditSucceeded"
    );
    assert_eq!(message(&status, ConditionType::Ready), "All 3 required components are in place");
    assert_eq!(status.last_audit_time, Some(Time(at(100))));
    assert_eq!(status.observed_generation, Some(1));
}

#[test]
fn r10_missing_components_stall_and_are_named_in_the_message() {
    let mut all = vec![State::Missing; 5];
    all.extend([State::Different, State::Unknown, State::Present]);
    let report = report(&all);
    let status = status(&enforced(1), None, &audited(&report), at(100));
    assert_eq!(
        shown(&status),
        "Ready=False ComponentsMissing, Connected=True AuditSucceeded, Compliant=False ComponentsMissing, \
         Stalled=True ComponentsMissing"
    );
    assert_eq!(
        message(&status, ConditionType::Ready),
        "5 of 8 required components are missing: table/public.t000, table/public.t001, table/public.t002 and 2 more; \
         1 different; 1 unknown"
    );
}

#[test]
fn one_missing_component_is_told_in_the_singular() {
    let report = report(&[State::Missing, State::Present]);
    let status = status(&enforced(1), None, &audited(&report), at(100));
    assert_eq!(
        message(&status, ConditionType::Ready),
        "1 of 2 required components is missing: table/public.t000"
    );
}

#[test]
fn r10_findings_that_are_only_reported_leave_ready_true() {
    let report = report(&[State::Missing, State::Present]);
    let status = status(&subject(1, Enforcement::Report), None, &audited(&report), at(100));
    assert_eq!(
        shown(&status),
        "Ready=True AuditSucceeded, Connected=True AuditSucceeded, Compliant=False ComponentsMissing"
    );
}

#[test]
fn what_could_not_be_decided_is_neither_compliant_nor_stalled() {
    let report = report(&[State::Unknown, State::Present]);
    let status = status(&enforced(1), None, &audited(&report), at(100));
    assert_eq!(
        shown(&status),
        "Ready=False ComponentsUnknown, Connected=True AuditSucceeded, Compliant=Unknown ComponentsUnknown"
    );
}

#[test]
fn a_broken_statement_leaves_the_other_findings_and_says_where_it_is() {
    let complete = Report { problems: vec![sql_error()], ..report(&[State::Present]) };
    let status_of = |report: &Report| status(&enforced(1), None, &audited(report), at(100));
    let status = status_of(&complete);
    assert_eq!(
        shown(&status),
        "Ready=False InvalidSql, Connected=True AuditSucceeded, Compliant=Unknown InvalidSql, Stalled=True InvalidSql"
    );
    assert_eq!(
        message(&status, ConditionType::Ready),
        "sales-flow-sql/core.sql:12: syntax error at or near \"tabel\""
    );
    assert_eq!(status.problems[0].line, Some(12));
    let incomplete = Report { problems: vec![sql_error()], ..report(&[State::Missing]) };
    let status = status_of(&incomplete);
    assert_eq!(status.findings.len(), 1);
    assert!(shown(&status).contains("Compliant=False ComponentsMissing"), "{}", shown(&status));
}

#[test]
fn a_missing_config_map_is_waited_for_and_the_rest_is_audited() {
    let fault = Fault {
        reason: Reason::ConfigMapNotFound,
        set: "sales-flow".into(),
        feature: Some("core".into()),
        message: "there is no ConfigMap a".into(),
    };
    let report = Report { problems: vec![sql_error()], ..report(&[State::Present]) };
    let subject = Subject { faults: &[fault], ..enforced(1) };
    let status = status(&subject, None, &audited(&report), at(100));
    assert_eq!(
        shown(&status),
        "Ready=False ConfigMapNotFound, Connected=True AuditSucceeded, Compliant=Unknown ConfigMapNotFound, \
         Reconciling=True ProgressingWithRetry"
    );
    assert_eq!(status.problems.len(), 2);
    assert_eq!(status.problems[0].message, "there is no ConfigMap a");
}

#[test]
fn r8_a_failed_first_look_is_tried_again_and_counts_nothing_as_missing() {
    let requirements = requirements(4);
    let outcome = Outcome::NotAudited {
        reason: Reason::HostUnreachable,
        message: "nothing answers".into(),
        required: Some(&requirements),
    };
    let status = status(&enforced(1), None, &outcome, at(100));
    assert_eq!(
        shown(&status),
        "Ready=False HostUnreachable, Connected=False HostUnreachable, Compliant=Unknown HostUnreachable, \
         Reconciling=True ProgressingWithRetry"
    );
    let unseen = Counts { required: 4, unknown: 4, ..Counts::default() };
    assert_eq!(status.summary, Some(unseen));
    assert_eq!(status.kinds, [KindStatus { kind: "Table".into(), counts: unseen }]);
    assert_eq!((status.features[0].required, status.features[0].unknown), (4, 4));
    assert_eq!(status.last_audit_time, None);
    let told = serde_json::to_value(&status).unwrap();
    let counted = serde_json::json!({"required": 4, "unknown": 4});
    assert_eq!(told["summary"], counted, "no 0 missing where nobody looked");
    let of_feature = &told["features"][0];
    assert!(of_feature.get("missing").is_none() && of_feature.get("different").is_none(), "{of_feature}");
}

#[test]
fn a_failed_periodic_look_keeps_the_time_and_report_of_the_last_good_one() {
    let stored = Some(ReportReference { config_map: "shop-report".into(), parts: None });
    let found = report(&[State::Missing, State::Present]);
    let good = Outcome::Audited { report: &found, stored: Ok(stored.clone()), baseline: None };
    let first = status(&enforced(1), None, &good, at(100));
    let next = status(&enforced(1), Some(&first), &failed(Reason::TimedOut), at(700));
    assert_eq!(
        shown(&next),
        "Ready=False TimedOut, Connected=False TimedOut, Compliant=Unknown TimedOut",
        "R6: a periodic audit does not make health flap"
    );
    assert_eq!(next.last_audit_time, first.last_audit_time);
    assert_eq!(next.report, stored);
    assert_eq!(next.summary, Some(Counts { required: 2, unknown: 2, ..Counts::default() }));
    assert!(next.findings.is_empty());
}

#[test]
fn r9_what_a_person_must_put_right_stalls() {
    let status = status(&enforced(1), None, &failed(Reason::AuthenticationFailed), at(100));
    assert_eq!(
        shown(&status),
        "Ready=False AuthenticationFailed, Connected=False AuthenticationFailed, \
         Compliant=Unknown AuthenticationFailed, Stalled=True AuthenticationFailed"
    );
}

#[test]
fn a_missing_feature_set_says_nothing_about_the_connection() {
    let status = status(&enforced(1), None, &failed(Reason::FeatureSetNotFound), at(100));
    assert!(shown(&status).contains("Connected=Unknown FeatureSetNotFound"), "{}", shown(&status));
}

#[test]
fn r29_a_request_is_echoed_once_it_was_handled() {
    let found = report(&[State::Present]);
    let asked = |token| Subject { requested_at: Some(token), ..enforced(1) };
    let first = status(&asked("a"), None, &audited(&found), at(100));
    assert_eq!(first.last_handled_reconcile_at.as_deref(), Some("a"));
    let retried = status(&asked("b"), Some(&first), &failed(Reason::HostUnreachable), at(200));
    assert!(shown(&retried).contains("Reconciling"), "a requested audit that failed is tried again");
    assert_eq!(retried.last_handled_reconcile_at.as_deref(), Some("b"));
    let again = status(&asked("b"), Some(&retried), &failed(Reason::HostUnreachable), at(300));
    assert!(shown(&again).contains("Reconciling"), "until it succeeds");
    let done = status(&asked("b"), Some(&again), &audited(&found), at(400));
    assert!(!shown(&done).contains("Reconciling"));
}

#[test]
fn a_suspended_audit_keeps_what_the_last_look_found() {
    let found = report(&[State::Missing, State::Present]);
    let before = status(&enforced(1), None, &audited(&found), at(100));
    let after = status(&enforced(2), Some(&before), &Outcome::Suspended, at(200));
    assert_eq!(
        shown(&after),
        "Ready=False Suspended, Connected=True AuditSucceeded, Compliant=False ComponentsMissing"
    );
    assert_eq!((after.summary, &after.findings), (before.summary, &before.findings));
    let never_ran = status(&enforced(1), None, &Outcome::Suspended, at(200));
    assert_eq!(
        shown(&never_ran),
        "Ready=False Suspended, Connected=Unknown Suspended, Compliant=Unknown Suspended"
    );
}

#[test]
fn r17_the_list_of_findings_ends_at_100_and_the_counts_do_not() {
    let found = report(&[State::Missing; 150]);
    let all = status(&enforced(1), None, &audited(&found), at(100));
    assert_eq!((all.findings.len(), all.findings_truncated), (100, true));
    assert_eq!(all.summary.unwrap().missing, Some(150));
    let found = report(&[vec![State::Missing; 100], vec![State::Present; 50]].concat());
    let all = status(&enforced(1), None, &audited(&found), at(100));
    assert_eq!((all.findings.len(), all.findings_truncated), (100, false));
}

#[test]
fn r32_the_time_alone_is_news_only_after_the_heartbeat() {
    let found = report(&[State::Present]);
    let first = status(&enforced(1), None, &audited(&found), at(0));
    let later = status(&enforced(1), Some(&first), &audited(&found), at(600));
    let hour = Duration::from_hours(1);
    assert!(is_news(None, &first, hour));
    assert!(!is_news(Some(&first), &first, Duration::from_secs(1)));
    assert!(!is_news(Some(&first), &later, hour));
    assert!(is_news(Some(&first), &later, Duration::from_mins(10)));
    assert!(!is_news(Some(&first), &later, Duration::ZERO), "0 means never");
    let missing = report(&[State::Missing]);
    let changed = status(&enforced(1), Some(&first), &audited(&missing), at(600));
    assert!(is_news(Some(&first), &changed, hour));
    let resumed = SchemaAuditStatus { last_audit_time: None, ..first.clone() };
    assert!(is_news(Some(&resumed), &first, Duration::ZERO), "the first time of all is news");
}

#[test]
fn what_drifted_is_told_after_what_is_missing_or_different_and_before_what_is_unknown() {
    let ready = |states: &[State]| {
        let next = status(&enforced(1), None, &audited(&report(states)), at(100));
        let ready = find(&next.conditions, ConditionType::Ready).unwrap();
        (ready.reason.clone(), ready.message.clone(), next)
    };
    let (reason, message, next) = ready(&[State::Drifted, State::Unknown, State::Present]);
    assert_eq!(reason, "ComponentsDrifted");
    assert_eq!(message, "1 of 3 required components is drifted: table/public.t000; 1 unknown");
    assert_eq!((next.kinds[0].counts.drifted, next.features[0].drifted), (Some(1), Some(1)));
    assert_eq!(next.findings[0].state, FindingState::Drifted);
    assert_eq!(ready(&[State::Drifted, State::Different]).0, "ComponentsDifferent");
    let (reason, message, _) = ready(&[State::Drifted, State::Missing]);
    assert_eq!(reason, "ComponentsMissing");
    assert!(message.ends_with("; 1 drifted"), "{message}");
}

#[test]
fn a_baseline_that_cannot_be_read_keeps_an_audit_from_being_ready_and_compliant() {
    let unreadable = Baseline {
        trouble: Some((Reason::BaselineUnreadable, "it is not a baseline".into())),
        ..Baseline::default()
    };
    let found = report(&[State::Present]);
    let outcome = Outcome::Audited { report: &found, stored: Ok(None), baseline: Some(&unreadable) };
    for enforcement in [Enforcement::Enforce, Enforcement::Report] {
        let next = status(&subject(1, enforcement), None, &outcome, at(100));
        assert_eq!(
            shown(&next),
            "Ready=False BaselineUnreadable, Connected=True AuditSucceeded, \
             Compliant=Unknown BaselineUnreadable, Stalled=True BaselineUnreadable"
        );
    }
}

#[test]
fn a_report_that_cannot_be_written_keeps_an_audit_from_being_ready_and_no_finding_from_being_told() {
    for (states, compliant) in [
        (&[State::Present][..], "Compliant=True AuditSucceeded"),
        (&[State::Missing], "Compliant=False ComponentsMissing"),
    ] {
        let found = report(states);
        let outcome =
            Outcome::Audited { report: &found, stored: Err("it is immutable".into()), baseline: None };
        let next = status(&enforced(1), None, &outcome, at(100));
        let rest = "Connected=True AuditSucceeded";
        assert_eq!(
            shown(&next),
            format!("Ready=False ConfigMapUnwritable, {rest}, {compliant}, Stalled=True ConfigMapUnwritable")
        );
        assert_eq!(next.report, None, "nobody is sent to an earlier one");
    }
}

#[test]
fn a_request_to_accept_is_not_handled_by_an_audit_that_could_not_write_the_baseline() {
    let asked = Subject { accept_drift: Some("one"), ..enforced(1) };
    let trouble = Some((Reason::ConfigMapUnwritable, "it is immutable".into()));
    let unwritten = Baseline { trouble, ..Baseline::default() };
    let found = report(&[State::Present]);
    let outcome = Outcome::Audited { report: &found, stored: Ok(None), baseline: Some(&unwritten) };
    let next = status(&asked, None, &outcome, at(100));
    assert_eq!(next.last_handled_accept_drift, None);
    assert_eq!(
        shown(&next),
        "Ready=False ConfigMapUnwritable, Connected=True AuditSucceeded, \
         Compliant=Unknown ConfigMapUnwritable, Stalled=True ConfigMapUnwritable"
    );
}

#[test]
fn a_request_to_accept_is_handled_by_an_audit_that_read_the_database_only() {
    let asked = Subject { accept_drift: Some("one"), ..enforced(1) };
    let first = status(&asked, None, &failed(Reason::HostUnreachable), at(100));
    assert_eq!(first.last_handled_accept_drift, None);
    assert!(is_true(&first.conditions, ConditionType::Reconciling));
    let reference = BaselineReference { config_map: "shop-baseline".into(), components: Some(1) };
    let written = Baseline { stored: Some(reference), trouble: None };
    let found = report(&[State::Present]);
    let outcome = Outcome::Audited { report: &found, stored: Ok(None), baseline: Some(&written) };
    let second = status(&asked, Some(&first), &outcome, at(200));
    assert_eq!(second.last_handled_accept_drift.as_deref(), Some("one"));
    assert_eq!(second.baseline, written.stored);
    let down = status(&asked, Some(&second), &failed(Reason::HostUnreachable), at(300));
    assert_eq!(
        (&down.last_handled_accept_drift, &down.baseline),
        (&second.last_handled_accept_drift, &written.stored)
    );
    assert!(!is_true(&down.conditions, ConditionType::Reconciling), "nothing is asked for any more");
}

/// One step in the life of an audit.
#[derive(Debug, Clone)]
enum Step {
    Audit { states: Vec<State>, broken: bool, fault: bool },
    Fail(Reason),
    FailWithRequirements(Reason, usize),
    Suspend,
}

fn any_state() -> impl Strategy<Value = State> {
    prop::sample::select(vec![
        State::Missing,
        State::Different,
        State::Drifted,
        State::Unknown,
        State::Present,
        State::Present,
        State::Present,
    ])
}

/// The reasons with which an audit can fail as a whole.
fn any_failure() -> impl Strategy<Value = Reason> {
    let failures = Reason::ALL.iter().copied().filter(|reason| {
        reason.class() != Class::Fine
            && !matches!(
                reason,
                Reason::ProgressingWithRetry
                    | Reason::ComponentsMissing
                    | Reason::ComponentsDifferent
                    | Reason::ComponentsDrifted
                    | Reason::ComponentsUnknown
                    | Reason::BaselineUnreadable
            )
    });
    prop::sample::select(failures.collect::<Vec<_>>())
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (prop::collection::vec(any_state(), 0..6), prop::bool::weighted(0.2), prop::bool::weighted(0.2))
            .prop_map(|(states, broken, fault)| Step::Audit { states, broken, fault }),
        2 => any_failure().prop_map(Step::Fail),
        1 => (any_failure(), 0..5_usize).prop_map(|(reason, tables)| Step::FailWithRequirements(reason, tables)),
        1 => Just(Step::Suspend),
    ]
}

/// What else changed before a step: the generation, the enforcement, the annotation.
fn any_change() -> impl Strategy<Value = (bool, bool, Option<u8>)> {
    (prop::bool::weighted(0.2), any::<bool>(), prop::option::of(0..3_u8))
}

fn take(
    step: &Step,
    subject: &Subject<'_>,
    previous: Option<&SchemaAuditStatus>,
    now: i64,
) -> SchemaAuditStatus {
    match step {
        Step::Audit { states, broken, fault } => {
            let problems = if *broken { vec![sql_error()] } else { Vec::new() };
            let found = Report { problems, ..report(states) };
            let fault = fault.then(|| Fault {
                reason: Reason::ConfigMapKeyMissing,
                set: "s".into(),
                feature: None,
                message: "no key".into(),
            });
            let faults: Vec<Fault> = fault.into_iter().collect();
            let subject = Subject { faults: &faults, ..*subject };
            status(&subject, previous, &audited(&found), at(now))
        }
        Step::Fail(reason) => status(subject, previous, &failed(*reason), at(now)),
        Step::FailWithRequirements(reason, tables) => {
            let required = requirements(*tables);
            let outcome =
                Outcome::NotAudited { reason: *reason, message: "no".into(), required: Some(&required) };
            status(subject, previous, &outcome, at(now))
        }
        Step::Suspend => status(subject, previous, &Outcome::Suspended, at(now)),
    }
}

/// What kstatus makes of a status (R3), for an object that is not being deleted.
fn kstatus(status: &SchemaAuditStatus, generation: i64) -> &'static str {
    if status.observed_generation != Some(generation)
        || is_true(&status.conditions, ConditionType::Reconciling)
    {
        "InProgress"
    } else if is_true(&status.conditions, ConditionType::Stalled) {
        "Failed"
    } else if is_true(&status.conditions, ConditionType::Ready) {
        "Current"
    } else {
        "InProgress"
    }
}

/// Flux's invariants (R7), and ours.
fn hold(
    status: &SchemaAuditStatus,
    previous: Option<&SchemaAuditStatus>,
    step: &Step,
    generation: i64,
    now: i64,
) -> Result<(), TestCaseError> {
    let conditions = &status.conditions;
    let ready = find(conditions, ConditionType::Ready);
    prop_assert!(ready.is_some(), "Ready is always there");
    let ready = ready.unwrap();
    let (stalled, reconciling) =
        (is_true(conditions, ConditionType::Stalled), is_true(conditions, ConditionType::Reconciling));
    prop_assert!(!(stalled && reconciling), "never both");
    prop_assert!(!((stalled || reconciling) && ready.status == "True"));
    prop_assert!(ready.status != "Unknown" || reconciling);
    for type_ in [ConditionType::Stalled, ConditionType::Reconciling] {
        let there = find(conditions, type_);
        prop_assert!(there.is_none_or(|condition| condition.status == "True"), "present only while True");
    }
    prop_assert!(status.observed_generation <= Some(generation));
    for condition in conditions {
        prop_assert!(condition.observed_generation <= status.observed_generation);
        prop_assert!(
            ready.status != "True" || condition.observed_generation == Some(generation),
            "Ready speaks for all"
        );
        prop_assert!(Reason::from_name(&condition.reason).is_some());
        prop_assert!(condition.message.len() <= 1024 && !condition.message.is_empty());
        let before = previous
            .and_then(|previous| previous.conditions.iter().find(|before| before.type_ == condition.type_));
        match before {
            Some(before) if before.status == condition.status => {
                prop_assert_eq!(&before.last_transition_time, &condition.last_transition_time);
            }
            _ => prop_assert_eq!(&condition.last_transition_time, &Time(at(now))),
        }
    }
    let types: Vec<_> =
        conditions.iter().map(|condition| ConditionType::from_name(&condition.type_)).collect();
    prop_assert!(types.is_sorted() && types.windows(2).all(|pair| pair[0] != pair[1]));
    if let Some(Counts { required, present, missing, different, drifted, unknown }) = status.summary {
        let seen = [present, missing, different, drifted];
        prop_assert!(seen.iter().all(Option::is_some) || seen.iter().all(Option::is_none));
        prop_assert_eq!(required, seen.into_iter().flatten().sum::<i64>() + unknown);
    }
    match step {
        Step::Fail(reason) | Step::FailWithRequirements(reason, _) => {
            prop_assert_eq!(&ready.reason, reason.name());
            let seen = |counts: &Counts| counts.present.or(counts.missing).is_some();
            prop_assert!(!status.summary.as_ref().is_some_and(seen), "nobody counted");
            prop_assert!(!status.kinds.iter().any(|kind| seen(&kind.counts)));
            prop_assert!(status.features.iter().all(|feature| feature.missing.is_none()));
            prop_assert!(status.findings.is_empty());
            prop_assert!(status.features.iter().all(|feature| feature.state == FeatureState::Unknown));
            prop_assert_eq!(stalled, reason.class() == Class::Stalled);
            let seen = previous.and_then(|previous| previous.last_audit_time.clone());
            prop_assert_eq!(&status.last_audit_time, &seen);
        }
        Step::Audit { broken: false, fault: false, .. } => prop_assert!(!reconciling, "done"),
        Step::Audit { .. } => prop_assert_eq!(ready.status.as_str(), "False"),
        Step::Suspend => prop_assert_eq!(ready.reason.as_str(), "Suspended"),
    }
    let expected = match kstatus(status, generation) {
        "Current" => ("True", false),
        "Failed" => ("False", true),
        _ => ("False", false),
    };
    prop_assert_eq!((ready.status.as_str(), stalled), expected);
    Ok(())
}

proptest! {
    #[test]
    fn r7_every_status_of_every_life_holds_the_invariants(
        life in prop::collection::vec((any_step(), any_change()), 1..12)
    ) {
        let mut generation = 1;
        let mut enforcement = Enforcement::Enforce;
        let mut previous: Option<SchemaAuditStatus> = None;
        for (number, (step, (changed, report_only, token))) in life.iter().enumerate() {
            if *changed {
                generation += 1;
                enforcement = if *report_only { Enforcement::Report } else { Enforcement::Enforce };
            }
            let token = token.map(|token| token.to_string());
            let subject =
                Subject { generation, enforcement, requested_at: token.as_deref(), accept_drift: None, faults: &[] };
            let now = i64::try_from(number).unwrap() * 60;
            let next = take(step, &subject, previous.as_ref(), now);
            hold(&next, previous.as_ref(), step, generation, now)?;

            let again = take(step, &subject, Some(&next), now + 30);
            prop_assert!(
                !is_news(Some(&next), &again, Duration::ZERO),
                "the same outcome again is no news:\n{:?}\n{:?}", next, again
            );
            let events = crate::translate::events::events(Some(&next), &again);
            prop_assert!(events.is_empty(), "{:?}", events);
            previous = Some(next);
        }
    }
}

#[test]
fn a_status_reads_back_from_what_the_api_server_keeps() {
    let found = report(&[State::Missing, State::Different, State::Present]);
    let next = status(&enforced(1), None, &audited(&found), at(100));
    let kept = serde_json::to_string(&next).unwrap();
    assert_eq!(serde_json::from_str::<SchemaAuditStatus>(&kept).unwrap(), next);
    let set: Arc<str> = "sales-flow".into();
    assert_eq!(next.features[0].set, *set);
}
