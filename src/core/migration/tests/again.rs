//! What is tried or done once more, and what is not.

use super::*;

#[test]
fn what_failed_is_not_tried_again_until_the_plan_or_the_spec_changes() {
    let recorded = Recorded { history: vec![record(1, "a", Verdict::Failed)], ..NOTHING.clone() };
    let (plan, right) = (look("a", 5, 0), approval("a"));
    let failed =
        Facts { look: Some(&plan), approval: Some(&right), recorded: &recorded, ..facts(Mode::Manual) };
    let again = step(&failed);
    assert_eq!((phase(&again), launches(&again)), (Phase::Failed, false));
    assert!(message(&again).contains("the reason"));
    assert!(!launches(&step(&Facts { mode: Mode::Automatic, now: at(1_000_000), ..failed })));
    let (other, its) = (look("b", 5, 0), approval("b"));
    assert!(launches(&step(&Facts { look: Some(&other), approval: Some(&its), ..failed })));
    assert!(launches(&step(&Facts { mode: Mode::Automatic, generation: 4, ..failed })), "the spec changed");
}

#[test]
fn an_approval_is_used_up_by_an_attempt_that_failed_and_not_by_one_that_could_not_begin() {
    let (plan, right) = (look("a", 5, 0), approval("a"));
    for (outcome, used) in [
        (Outcome::Failed, true),
        (Outcome::Outdated, true),
        (Outcome::Blocked, true),
        (Outcome::Unverified, true),
        (Outcome::Lost, true),
        (Outcome::Applied, true),
        (Outcome::Transient, false),
    ] {
        let recorded = Recorded { current: Some((run(1, "a"), Some(ended(outcome)))), ..NOTHING.clone() };
        let base = Facts { look: Some(&plan), approval: Some(&right), ..facts(Mode::Manual) };
        let after = step(&Facts { recorded: &recorded, ..base });
        assert_eq!(after.recorded.used_approval.is_some(), used, "{outcome:?}");
        if !used {
            continue;
        }
        // Whatever of the spec changes, nothing runs by it again, and what failed stays failed.
        let edited = Facts { recorded: &after.recorded, generation: 9, now: at(1_000_000), ..base };
        let failed = step(&edited);
        assert_eq!((phase(&failed), launches(&failed)), (Phase::Failed, false), "{outcome:?}");
        let message = message(&failed);
        assert!(message.contains("Job shop-a-1 did not") && message.contains("approve it anew"), "{message}");
        // Approved anew: by somebody else, or at another time.
        for anew in
            [Approval { by: "joe".into(), ..right.clone() }, Approval { at: Some(at(1)), ..right.clone() }]
        {
            let again = step(&Facts { approval: Some(&anew), ..edited });
            assert!(launches(&again), "{outcome:?} {anew:?}");
            assert_eq!(again.recorded.used_approval, None);
        }
    }
}

#[test]
fn what_may_pass_is_tried_three_times_with_growing_pauses() {
    let (plan, right) = (look("a", 5, 0), approval("a"));
    let mut history = Vec::new();
    let mut pauses = Vec::new();
    for number in 1..=ATTEMPTS {
        history.insert(0, record(u32::try_from(number).unwrap(), "a", Verdict::Transient));
        let recorded = Recorded { history: history.clone(), ..NOTHING.clone() };
        let facts = Facts {
            look: Some(&plan),
            approval: Some(&right),
            recorded: &recorded,
            now: at(-30),
            ..facts(Mode::Manual)
        };
        let waits = step(&facts);
        let Next::Rest(Some(due)) = waits.next else {
            assert_eq!((number, phase(&waits)), (ATTEMPTS, Phase::Failed));
            assert!(!launches(&step(&Facts { now: at(1_000_000), ..facts })));
            assert!(launches(&step(&Facts { generation: 4, ..facts })));
            continue;
        };
        assert_eq!(phase(&waits), Phase::Retrying);
        pauses.push(due.duration_since(at(-30)).as_secs());
        assert!(launches(&step(&Facts { now: due, ..facts })));
    }
    assert_eq!(pauses, [60, 120]);
}

#[test]
fn an_approval_is_used_once() {
    let right = approval("a");
    let recorded =
        Recorded { current: Some((run(1, "a"), Some(ended(Outcome::Applied)))), ..NOTHING.clone() };
    let done = look("empty", 0, 0);
    let base = Facts { approval: Some(&right), ..facts(Mode::Manual) };
    let after = step(&Facts { look: Some(&done), recorded: &recorded, ..base });
    assert_eq!(phase(&after), Phase::Succeeded);
    // Somebody drops what was made: the same plan, but nobody approved that.
    let again = look("a", 5, 0);
    let void = step(&Facts { look: Some(&again), recorded: &after.recorded, generation: 9, ..base });
    assert_eq!((phase(&void), launches(&void)), (Phase::ApprovalVoid, false));
    // Taken back and given again.
    let without = step(&Facts { look: Some(&again), recorded: &void.recorded, approval: None, ..base });
    assert_eq!(phase(&without), Phase::AwaitingApproval);
    assert!(launches(&step(&Facts {
        look: Some(&again),
        recorded: &without.recorded,
        generation: 10,
        ..base
    })));
}

#[test]
fn an_automatic_migration_that_is_undone_again_and_again_asks() {
    let (plan, right) = (look("a", 1, 0), approval("a"));
    let records = (1..=3).rev().map(|number| record(number, "a", Verdict::Succeeded)).collect();
    let recorded = Recorded { history: records, ..NOTHING.clone() };
    let facts = Facts { look: Some(&plan), recorded: &recorded, ..facts(Mode::Automatic) };
    assert_eq!(phase(&step(&facts)), Phase::AwaitingApproval);
    assert!(launches(&step(&Facts { approval: Some(&right), ..facts })));
}

#[test]
fn an_automatic_plan_that_comes_back_after_another_one_asks() {
    let (plan, right) = (look("a", 1, 0), approval("a"));
    for (history, asks) in [
        (vec![unasked(1, "a", 600)], false),
        (vec![unasked(2, "b", 500), unasked(1, "a", 600)], true),
        (vec![unasked(4, "d", 300), unasked(3, "c", 400), unasked(2, "b", 500), unasked(1, "a", 600)], true),
        (vec![unasked(2, "b", 500), record(1, "a", Verdict::Transient)], false),
        (vec![unasked(2, "a", 500), unasked(1, "b", 600)], false),
    ] {
        let recorded = Recorded { history, ..NOTHING.clone() };
        let facts = Facts { look: Some(&plan), recorded: &recorded, ..facts(Mode::Automatic) };
        let step_of = step(&facts);
        assert_eq!(launches(&step_of), !asks, "{recorded:?}");
        if asks {
            assert_eq!(phase(&step_of), Phase::AwaitingApproval);
            assert!(message(&step_of).contains("comes back after another one"), "{}", message(&step_of));
            assert!(launches(&step(&Facts { approval: Some(&right), ..facts })));
        }
    }
}

#[test]
fn five_automatic_migrations_in_an_hour_are_followed_by_a_pause() {
    let plan = look("new", 1, 0);
    let of = |oldest: i64| -> Vec<Record> {
        let minutes = [1, 2, 3, 4, oldest];
        let plans = ["e", "d", "c", "b", "a"];
        plans.iter().zip(minutes).map(|(plan, minutes)| unasked(5, plan, minutes)).collect()
    };
    let recorded = Recorded { history: of(50), ..NOTHING.clone() };
    let facts = Facts { look: Some(&plan), recorded: &recorded, ..facts(Mode::Automatic) };
    let waits = step(&facts);
    assert_eq!((phase(&waits), &waits.next), (Phase::AwaitingApproval, &Next::Rest(Some(at(600)))));
    assert!(message(&waits).contains("within an hour"), "{}", message(&waits));
    assert!(launches(&step(&Facts { approval: Some(&approval("new")), ..facts })), "a person may say so");
    assert!(launches(&step(&Facts { now: at(600), ..facts })));
    let mut approved = of(50);
    approved[2].run.approval = Some(approval("c"));
    for history in [approved, of(50).split_off(1), of(61)] {
        let recorded = Recorded { history, ..NOTHING.clone() };
        assert!(launches(&step(&Facts { recorded: &recorded, ..facts })), "{recorded:?}");
    }
}
