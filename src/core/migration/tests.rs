//! The decisions by example, and what must hold whatever happens. Here: how a Job is followed.

use super::*;

mod again;
mod any_life;
mod launch;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + seconds).unwrap()
}

fn look(digest: &str, statements: usize, hazards: usize) -> Planned {
    Planned {
        digest: digest.into(),
        statements,
        hazards,
        blockers: Vec::new(),
        unplannable: 0,
        shown_in: "ConfigMap shop-plan".into(),
        documents: "documents".into(),
        audited_with: "Secret db".into(),
        looked: at(0),
    }
}

fn approval(plan: &str) -> Approval {
    Approval { plan: plan.into(), by: "jane".into(), at: None }
}

fn run(number: u32, plan: &str) -> Run {
    Run {
        number,
        plan: plan.into(),
        job: format!("shop-{plan}-{number}"),
        started: at(-60),
        generation: 3,
        documents: "documents".into(),
        approval: Some(approval(plan)),
        audited_with: Some("Secret db".into()),
        restore: None,
    }
}

fn ended(outcome: Outcome) -> Ended {
    Ended::without_message(at(-30), outcome, format!("it was {}", outcome.name()))
}

/// One that ran by itself, so many minutes ago.
fn unasked(number: u32, plan: &str, minutes: i64) -> Record {
    let record = record(number, plan, Verdict::Succeeded);
    let run = Run { approval: None, started: at(-60 * minutes), ..record.run };
    Record { run, ..record }
}

fn record(number: u32, plan: &str, verdict: Verdict) -> Record {
    let outcome = match verdict {
        Verdict::Succeeded => Outcome::Applied,
        Verdict::Failed => Outcome::Failed,
        Verdict::Transient => Outcome::Transient,
    };
    Record { run: run(number, plan), ended: ended(outcome), verdict, message: "the reason".into() }
}

static NOTHING: Recorded = Recorded { current: None, history: Vec::new(), used_approval: None };

fn facts(mode: Mode) -> Facts<'static> {
    Facts {
        allowed: true,
        mode,
        generation: 3,
        approval: None,
        window: Opening::Open,
        jobs: Some(&[]),
        look: None,
        recorded: &NOTHING,
        now: at(0),
    }
}

fn phase(step: &Step) -> Phase {
    step.stands.as_ref().expect("a phase").0
}

fn message(step: &Step) -> &str {
    &step.stands.as_ref().expect("a phase").1
}

fn launches(step: &Step) -> bool {
    matches!(step.next, Next::Launch { .. })
}

#[test]
fn a_job_is_watched_then_verified_and_nothing_is_launched_beside_it() {
    let (plan, right) = (look("b", 1, 0), approval("b"));
    let recorded = Recorded { current: Some((run(1, "a"), None)), ..NOTHING.clone() };
    let with = |state: JobState| vec![Job { run: run(1, "a"), state }];
    let busy =
        Facts { look: Some(&plan), approval: Some(&right), recorded: &recorded, ..facts(Mode::Manual) };
    for (state, words) in [
        (JobState::Pending(None), "Job shop-a-1 waits to run the plan a, approved by jane"),
        (JobState::Pending(Some("no image".into())), "waits to run the plan a, approved by jane: no image"),
        (JobState::Running, "Job shop-a-1 runs the plan a, approved by jane"),
    ] {
        let step = step(&Facts { jobs: Some(&with(state)), ..busy });
        assert_eq!((phase(&step), &step.next), (Phase::Running, &Next::Watch));
        assert!(message(&step).contains(words), "{}", message(&step));
    }
    let over = with(JobState::Ended(ended(Outcome::Applied)));
    let unseen = step(&Facts { jobs: Some(&over), look: None, ..busy });
    assert_eq!((phase(&unseen), unseen.next), (Phase::Verifying, Next::Rest(Some(at(-30)))));
    // A look that began before the Job ended says nothing about it.
    let early = Planned { looked: at(-31), ..plan.clone() };
    assert_eq!(phase(&step(&Facts { jobs: Some(&over), look: Some(&early), ..busy })), Phase::Verifying);
}

#[test]
fn what_came_of_a_job_is_what_the_look_after_it_says() {
    let done = look("empty", 0, 0);
    let (same, rest) = (look("a", 5, 0), look("b", 2, 0));
    let others = Planned { documents: "other documents".into(), ..rest.clone() };
    for (outcome, after, verdict) in [
        (Outcome::Applied, &done, Verdict::Succeeded),
        (Outcome::Applied, &same, Verdict::Failed),
        (Outcome::Applied, &rest, Verdict::Failed),
        (Outcome::Applied, &others, Verdict::Succeeded),
        (Outcome::Failed, &rest, Verdict::Failed),
        (Outcome::Failed, &done, Verdict::Succeeded),
        (Outcome::Outdated, &rest, Verdict::Failed),
        (Outcome::Blocked, &same, Verdict::Failed),
        (Outcome::Unverified, &same, Verdict::Failed),
        (Outcome::Lost, &done, Verdict::Succeeded),
        (Outcome::Lost, &same, Verdict::Failed),
        (Outcome::Transient, &same, Verdict::Transient),
    ] {
        let recorded = Recorded { current: Some((run(1, "a"), Some(ended(outcome)))), ..NOTHING.clone() };
        let step = step(&Facts { look: Some(after), recorded: &recorded, ..facts(Mode::Manual) });
        assert_eq!(step.recorded.current, None);
        assert_eq!(step.recorded.history[0].verdict, verdict, "{outcome:?} {after:?}");
    }
}

#[test]
fn an_audit_of_another_database_says_nothing_about_a_migration() {
    let done = Planned { audited_with: "Secret other".into(), ..look("empty", 0, 0) };
    let current = |run| Recorded { current: Some((run, Some(ended(Outcome::Applied)))), ..NOTHING.clone() };
    let recorded = current(run(1, "a"));
    let base = Facts { look: Some(&done), ..facts(Mode::Manual) };
    let after = step(&Facts { recorded: &recorded, ..base });
    let record = &after.recorded.history[0];
    assert_eq!(record.verdict, Verdict::Failed);
    assert!(
        record.message.contains("another Secret") && record.message.ends_with("it was Applied"),
        "{record:?}"
    );
    let unrecorded = current(Run { audited_with: None, ..run(1, "a") });
    let after = step(&Facts { recorded: &unrecorded, ..base });
    assert_eq!(after.recorded.history[0].verdict, Verdict::Succeeded);
}

#[test]
fn a_job_that_nobody_recorded_is_taken_up_and_one_that_is_gone_is_lost() {
    let jobs = [Job { run: run(2, "a"), state: JobState::Running }];
    let recorded = Recorded { history: vec![record(1, "z", Verdict::Succeeded)], ..NOTHING.clone() };
    let plan = look("a", 1, 0);
    let facts = Facts { jobs: Some(&jobs), look: Some(&plan), recorded: &recorded, ..facts(Mode::Automatic) };
    let step = step(&facts);
    assert_eq!((phase(&step), step.recorded.current.unwrap().0.number), (Phase::Running, 2));
    // What is recorded already is not taken up again.
    let old = [Job { run: run(1, "z"), state: JobState::Ended(ended(Outcome::Applied)) }];
    assert!(launches(&super::step(&Facts { jobs: Some(&old), ..facts })));
    let running = Recorded { current: Some((run(2, "a"), None)), ..NOTHING.clone() };
    let gone = super::step(&Facts { jobs: Some(&[]), look: None, recorded: &running, ..facts });
    assert_eq!(phase(&gone), Phase::Verifying);
    assert_eq!(gone.recorded.current.unwrap().1.unwrap().outcome, Outcome::Lost);
    // An operator that may not ask for Jobs does not know.
    let unknown = super::step(&Facts { jobs: None, look: None, recorded: &running, ..facts });
    assert_eq!((&unknown.stands, &unknown.recorded), (&None, &running));
    let off = super::step(&Facts { allowed: false, jobs: None, look: None, recorded: &running, ..facts });
    assert!(message(&off).contains("may not follow it"), "{}", message(&off));
}

#[test]
fn a_job_launched_by_a_step_whose_record_was_lost_is_not_followed_by_another() {
    let jobs = [
        Job { run: run(1, "a"), state: JobState::Ended(ended(Outcome::Applied)) },
        Job { run: run(2, "b"), state: JobState::Running },
    ];
    let recorded = Recorded { current: Some((run(1, "a"), None)), ..NOTHING.clone() };
    let plan = look("c", 1, 0);
    let facts = Facts { jobs: Some(&jobs), look: Some(&plan), recorded: &recorded, ..facts(Mode::Automatic) };
    let step = step(&facts);
    assert_eq!((&step.next, phase(&step)), (&Next::Watch, Phase::Running));
    assert_eq!(step.recorded.current.unwrap().0.number, 2);
    assert_eq!(step.recorded.history.len(), 1);
}
