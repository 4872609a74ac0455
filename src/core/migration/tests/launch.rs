//! What is launched, and what it waits for.

use super::*;

#[test]
fn a_plan_goes_only_as_far_as_the_mode_and_the_approval_say() {
    let (safe, risky) = (look("a", 2, 0), look("a", 2, 1));
    let (right, wrong) = (approval("a"), approval("b"));
    for (mode, plan, approval, expected) in [
        (Mode::Never, &safe, Some(&right), Phase::Planned),
        (Mode::Manual, &safe, None, Phase::AwaitingApproval),
        (Mode::Manual, &safe, Some(&wrong), Phase::ApprovalVoid),
        (Mode::Manual, &safe, Some(&right), Phase::Running),
        (Mode::Manual, &risky, Some(&right), Phase::Running),
        (Mode::Automatic, &safe, None, Phase::Running),
        (Mode::Automatic, &safe, Some(&wrong), Phase::Running),
        (Mode::Automatic, &risky, None, Phase::AwaitingApproval),
        (Mode::Automatic, &risky, Some(&wrong), Phase::ApprovalVoid),
        (Mode::Automatic, &risky, Some(&right), Phase::Running),
    ] {
        let step = step(&Facts { look: Some(plan), approval, ..facts(mode) });
        assert_eq!(phase(&step), expected, "{mode:?} {plan:?} {approval:?}");
        assert_eq!(launches(&step), expected == Phase::Running);
    }
}

#[test]
fn a_void_approval_is_shown_with_both_digests() {
    let (plan, wrong) = (look("new", 1, 0), approval("old"));
    let step = step(&Facts { look: Some(&plan), approval: Some(&wrong), ..facts(Mode::Manual) });
    let message = message(&step);
    assert!(
        message.contains("by jane is void") && message.contains("old") && message.contains("new"),
        "{message}"
    );
}

#[test]
fn an_approval_that_no_plan_needs_is_not_the_reason_of_a_launch() {
    let (plan, wrong) = (look("a", 1, 0), approval("b"));
    let step = step(&Facts { look: Some(&plan), approval: Some(&wrong), ..facts(Mode::Automatic) });
    assert_eq!(step.next, Next::Launch { number: 1, approval: None });
}

#[test]
fn an_operator_that_may_not_and_a_plan_that_cannot_launch_nothing() {
    let (plan, right) = (look("a", 1, 0), approval("a"));
    let approved = Facts { look: Some(&plan), approval: Some(&right), ..facts(Mode::Manual) };
    let off = step(&Facts { allowed: false, jobs: None, ..approved });
    assert_eq!((phase(&off), launches(&off)), (Phase::SwitchedOff, false));
    let blocked = Planned { blockers: vec!["no right".into(), "no room".into()], ..plan.clone() };
    let blocked = step(&Facts { look: Some(&blocked), ..approved });
    assert_eq!((phase(&blocked), launches(&blocked)), (Phase::Blocked, false));
    assert!(message(&blocked).ends_with("no right; and 1 more"), "{}", message(&blocked));
}

#[test]
fn a_closed_window_is_waited_for_and_only_that() {
    let (plan, right) = (look("a", 1, 0), approval("a"));
    let closed = Opening::Closed { opens: Some(at(600)) };
    let waits = Facts { look: Some(&plan), window: closed, ..facts(Mode::Manual) };
    assert_eq!(phase(&step(&waits)), Phase::AwaitingApproval);
    let waits = step(&Facts { approval: Some(&right), ..waits });
    assert_eq!((phase(&waits), waits.next), (Phase::AwaitingWindow, Next::Rest(Some(at(600)))));
}

#[test]
fn who_waits_is_told_how_it_goes_on() {
    let plan = look("a", 2, 0);
    let how = "to approve it, read it in ConfigMap shop-plan, and set spec.migration.approval: plan to its digest, by to your name";
    let waits = step(&Facts { look: Some(&plan), ..facts(Mode::Manual) });
    assert_eq!(message(&waits), format!("the plan a (2 statements, no hazard) awaits approval; {how}"));
    let wrong = approval("b");
    let void = step(&Facts { look: Some(&plan), approval: Some(&wrong), ..facts(Mode::Manual) });
    assert!(message(&void).ends_with(how), "{}", message(&void));

    let blocked = Planned { blockers: vec!["first".into(), "second".into()], ..plan.clone() };
    let off = Facts { allowed: false, ..facts(Mode::Manual) };
    let open = step(&Facts { look: Some(&plan), ..off });
    assert!(
        message(&open)
            .ends_with("--allow-migrations switches them on, with the rights of deploy/migrations/")
    );
    let closed = step(&Facts { look: Some(&blocked), ..off });
    assert_eq!(phase(&closed), Phase::SwitchedOff);
    let words = "; nor could it run as it is: first; and 1 more";
    assert_eq!(message(&closed), format!("{}{words}", message(&open)));
}

#[test]
fn without_a_look_nothing_is_launched_and_nothing_is_said() {
    let right = approval("a");
    let step = step(&Facts { approval: Some(&right), ..facts(Mode::Manual) });
    assert_eq!((step.next, step.stands), (Next::Rest(None), None));
}
