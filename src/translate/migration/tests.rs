//! What a migration adds to a status, and that what a status records is what is read back from it.

use super::*;
use crate::api::condition::is_true;
use crate::api::schema_audit::Enforcement;
use crate::core::audit::report::{Counts, Report};
use crate::translate::status::{Outcome as AuditOutcome, Subject, status as status_of};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn run() -> Run {
    Run {
        number: 2,
        plan: "sha256:1".into(),
        job: "shop-1-2".into(),
        started: at(100),
        generation: 3,
        documents: "sha256:2".into(),
        approval: Some(Approval { plan: "sha256:1".into(), by: "jane".into(), at: Some(at(50)) }),
        audited_with: Some("Secret db".into()),
        restore: Some("pg_restore".into()),
    }
}

fn ended(outcome: Outcome) -> Ended {
    let failure = Failure {
        statement: Some(2),
        position: Some("a.sql:3".into()),
        sqlstate: Some("42501".into()),
        message: "no".into(),
        hint: Some("grant".into()),
        ..Failure::default()
    };
    Ended {
        at: at(200),
        outcome,
        message: "it ended".into(),
        statements: Some(Progress { run: 1, of: 2 }),
        failure: Some(failure),
    }
}

#[test]
fn a_migration_is_counted_when_the_status_tells_of_it_for_the_first_time() {
    let told = |numbers: &[u32]| {
        let record = |number: &u32| Record {
            run: Run { number: *number, job: format!("shop-1-{number}"), ..run() },
            ended: ended(Outcome::Failed),
            verdict: if *number == 2 { Verdict::Failed } else { Verdict::Succeeded },
            message: String::new(),
        };
        let history = numbers.iter().map(record).collect();
        status(None, &Recorded { history, ..Recorded::default() }, None, None)
    };
    assert_eq!(finished(None, Some(&told(&[1]))), [Verdict::Succeeded]);
    assert_eq!(finished(Some(&told(&[1])), Some(&told(&[2, 1]))), [Verdict::Failed]);
    assert_eq!(finished(Some(&told(&[5, 4, 3, 2, 1])), Some(&told(&[6, 5, 4, 3, 2]))), [Verdict::Succeeded]);
    assert_eq!(finished(Some(&told(&[2, 1])), Some(&told(&[2, 1]))), []);
    assert_eq!(finished(Some(&told(&[2, 1])), None), []);
}

#[test]
fn what_a_status_records_is_read_back_from_it() {
    let record =
        |verdict| Record { run: run(), ended: ended(Outcome::Failed), verdict, message: "because".into() };
    for recorded in [
        Recorded::default(),
        Recorded { current: Some((run(), None)), ..Recorded::default() },
        Recorded { current: Some((run(), Some(ended(Outcome::Lost)))), ..Recorded::default() },
        Recorded {
            current: None,
            history: [Verdict::Succeeded, Verdict::Failed, Verdict::Transient].map(record).to_vec(),
            used_approval: run().approval,
        },
    ] {
        let status = status(None, &recorded, None, None);
        let json = serde_json::to_string(&status).unwrap();
        assert_eq!(super::recorded(serde_json::from_str(&json).ok().as_ref()), recorded);
    }
}

fn audited(
    missing: usize,
    enforcement: Enforcement,
    previous: Option<&SchemaAuditStatus>,
) -> SchemaAuditStatus {
    let summary = Counts { required: 3, present: 3 - missing, missing, ..Counts::default() };
    let report = Report { summary, ..Report::default() };
    let outcome = AuditOutcome::Audited { report: &report, stored: Ok(None), baseline: None };
    let subject = Subject { generation: 1, enforcement, requested_at: None, accept_drift: None, faults: &[] };
    status_of(&subject, previous, &outcome, at(1000))
}

fn stands(phase: Phase) -> MigrationStatus {
    status(None, &Recorded::default(), Some(&(phase, format!("it is {phase:?}"))), None)
}

fn shown(status: &SchemaAuditStatus) -> String {
    let all = status.conditions.iter();
    let all = all.map(|condition| format!("{}={} {}", condition.type_, condition.status, condition.reason));
    all.collect::<Vec<_>>().join(", ")
}

#[test]
fn r9_what_waits_is_not_stalled_and_what_runs_is_reconciling() {
    for (phase, ready, more, migrated) in [
        (Phase::Planned, "ComponentsMissing", "Stalled=True ComponentsMissing", "False MigrationPlanned"),
        (
            Phase::SwitchedOff,
            "ComponentsMissing",
            "Stalled=True ComponentsMissing",
            "False MigrationsSwitchedOff",
        ),
        (Phase::Blocked, "MigrationBlocked", "Stalled=True MigrationBlocked", "False MigrationBlocked"),
        (Phase::AwaitingApproval, "AwaitingApproval", "", "False AwaitingApproval"),
        (Phase::ApprovalVoid, "AwaitingApproval", "", "False ApprovalVoid"),
        (Phase::AwaitingWindow, "AwaitingWindow", "", "False AwaitingWindow"),
        (
            Phase::Retrying,
            "MigrationRetrying",
            "Reconciling=True MigrationRetrying",
            "False MigrationRetrying",
        ),
        (Phase::Running, "MigrationStarted", "Reconciling=True MigrationStarted", "Unknown MigrationStarted"),
        (
            Phase::Verifying,
            "MigrationStarted",
            "Reconciling=True MigrationStarted",
            "Unknown MigrationStarted",
        ),
        (Phase::Failed, "MigrationFailed", "Stalled=True MigrationFailed", "False MigrationFailed"),
        (Phase::Idle, "ComponentsMissing", "Stalled=True ComponentsMissing", "True NothingToMigrate"),
    ] {
        let status = audited(2, Enforcement::Enforce, None);
        let status = with_migration(status, None, Some(stands(phase)), at(1000));
        let more = if more.is_empty() { String::new() } else { format!(", {more}") };
        let expected = format!(
            "Ready=False {ready}, Connected=True AuditSucceeded, Compliant=False ComponentsMissing, \
             Migrated={migrated}{more}"
        );
        assert_eq!(shown(&status), expected, "{phase:?}");
    }
}

#[test]
fn r7_ready_is_left_alone_where_it_is_true() {
    for phase in [Phase::Running, Phase::Failed, Phase::AwaitingApproval] {
        for (missing, enforcement) in [(0, Enforcement::Enforce), (2, Enforcement::Report)] {
            let status = audited(missing, enforcement, None);
            let status = with_migration(status, None, Some(stands(phase)), at(1000));
            assert!(is_true(&status.conditions, ConditionType::Ready));
            for type_ in [ConditionType::Stalled, ConditionType::Reconciling] {
                assert_eq!(find(&status.conditions, type_), None, "{phase:?}");
            }
        }
    }
}

#[test]
fn r32_the_same_once_more_is_the_same_and_a_new_message_replaces_the_old_one() {
    let first =
        with_migration(audited(2, Enforcement::Enforce, None), None, Some(stands(Phase::Running)), at(1000));
    let again = audited(2, Enforcement::Enforce, Some(&first));
    let again = with_migration(again, Some(&first), Some(stands(Phase::Running)), at(2000));
    assert_eq!(again.conditions, first.conditions);
    // Between two audits, only what the migration adds changes.
    let over = with_migration(first.clone(), Some(&first), Some(stands(Phase::Verifying)), at(3000));
    let ready = find(&over.conditions, ConditionType::Ready).unwrap();
    let message = &ready.message;
    assert!(message.ends_with("and 2 more. It is Verifying") && !message.contains("Running"), "{message}");
}

#[test]
fn a_message_that_is_too_long_for_ready_is_replaced_like_any_other() {
    let mut long = stands(Phase::Running);
    long.message = "x".repeat(MAX_MESSAGE_BYTES);
    let first = with_migration(audited(2, Enforcement::Enforce, None), None, Some(long), at(1000));
    let over = with_migration(first.clone(), Some(&first), Some(stands(Phase::Verifying)), at(3000));
    let ready = find(&over.conditions, ConditionType::Ready).unwrap();
    assert!(ready.message.ends_with("and 2 more. It is Verifying"), "{}", ready.message);
}

#[test]
fn without_spec_migration_nothing_of_it_is_left() {
    let first = audited(2, Enforcement::Enforce, None);
    let with = with_migration(first.clone(), None, Some(stands(Phase::AwaitingApproval)), at(1000));
    let without = with_migration(audited(2, Enforcement::Enforce, Some(&with)), Some(&with), None, at(1000));
    assert_eq!(without, first);
}

/// Whoever approved the one did not approve the other.
#[test]
fn whatever_decides_where_when_and_as_whom_a_plan_runs_is_a_term_of_it() {
    let spec = |changes: &[(&str, serde_json::Value)]| -> SchemaAuditSpec {
        let mut spec = serde_json::json!({"database": {"secretRef": {"name": "db"}}, "featureSets": [{"name": "crm"}],
            "migration": {"mode": "Manual"}});
        for (pointer, value) in changes {
            let (parent, key) = pointer.rsplit_once('/').unwrap();
            spec.pointer_mut(parent).unwrap()[key] = value.clone();
        }
        serde_json::from_value(spec).unwrap()
    };
    let (name, window) = (
        |name: &str| serde_json::json!({"name": name}),
        serde_json::json!({"schedule": "0 2 * * *", "duration": "1h"}),
    );
    let key = |key: &str| serde_json::json!({"name": "db", "key": key});
    let keys = |part: &str, key: &str| serde_json::json!({"name": "db", "keys": {part: key}});
    let backup = |claim: &str| serde_json::json!({"persistentVolumeClaim": claim});
    let mut all = vec![terms(&spec(&[]), None), terms(&spec(&[]), Some("sha256:1".into()))];
    let parts = ["uri", "host", "port", "dbname", "user", "password", "sslmode"];
    let edits = [
        ("/database/secretRef", name("other")),
        ("/database/secretRef", key("a")),
        ("/database/secretRef", key("b")),
        ("/database/caSecretRef", name("ca")),
        ("/database/caSecretRef", serde_json::json!({"name": "ca", "key": "b"})),
        ("/migration/secretRef", name("owner")),
        ("/migration/secretRef", key("a")),
        ("/migration/window", window.clone()),
        ("/migration/window", serde_json::json!({"schedule": "0 3 * * *", "duration": "1h"})),
        ("/migration/window", serde_json::json!({"schedule": "0 2 * * *", "duration": "2h"})),
        (
            "/migration/window",
            serde_json::json!({"schedule": "0 2 * * *", "duration": "1h", "timeZone": "Asia/Tokyo"}),
        ),
        ("/migration/backup", backup("a")),
        ("/migration/backup", backup("b")),
    ];
    let edits = edits.into_iter().chain(parts.map(|part| ("/migration/secretRef", keys(part, "x"))));
    all.extend(edits.map(|edit| terms(&spec(&[edit]), None)));
    for (number, one) in all.iter().enumerate() {
        assert!(one.is_some());
        assert!(!all[number + 1..].contains(one), "{one:?}");
    }
    // What is no term, and what is said in another way.
    for edit in [
        ("/migration/deadline", serde_json::json!("2h")),
        ("/migration/secretRef", name("db")),
        ("/migration/backup", serde_json::json!({"mode": "None"})),
        ("/interval", serde_json::json!("1h")),
    ] {
        assert_eq!(terms(&spec(&[edit]), None), all[0]);
    }
}
