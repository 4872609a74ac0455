//! The decisions by example, and what must hold whatever happens.

use proptest::prelude::*;

use super::*;

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
fn without_a_look_nothing_is_launched_and_nothing_is_said() {
    let right = approval("a");
    let step = step(&Facts { approval: Some(&right), ..facts(Mode::Manual) });
    assert_eq!((step.next, step.stands), (Next::Rest(None), None));
}

#[test]
fn a_job_is_watched_then_verified_and_nothing_is_launched_beside_it() {
    let (plan, right) = (look("b", 1, 0), approval("b"));
    let recorded = Recorded { current: Some((run(1, "a"), None)), ..NOTHING.clone() };
    let with = |state: JobState| vec![Job { run: run(1, "a"), state }];
    let busy =
        Facts { look: Some(&plan), approval: Some(&right), recorded: &recorded, ..facts(Mode::Manual) };
    for (state, words) in [
        (JobState::Pending(None), "waits to run"),
        (JobState::Pending(Some("the image cannot be pulled".into())), "the image cannot be pulled"),
        (JobState::Running, "runs the plan a"),
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

/// What may happen to an audit with migrations.
#[derive(Debug, Clone, Copy)]
enum Happens {
    Look { plan: u8, statements: usize, hazards: usize, blocked: bool },
    Glance,
    Approve(Option<u8>),
    Edit(Mode),
    JobRuns,
    JobEnds(Outcome),
    JobIsDeleted,
    RecordIsLost,
    Window(bool),
    Time(i64),
    SwitchOff(bool),
}

fn happens() -> impl Strategy<Value = Happens> {
    let outcome = proptest::sample::select(Outcome::ALL.to_vec());
    let mode = proptest::sample::select(vec![Mode::Never, Mode::Manual, Mode::Automatic]);
    let plan = 0u8..3;
    prop_oneof![
        6 => (plan.clone(), 0usize..3, 0usize..2, proptest::bool::weighted(0.1))
            .prop_map(|(plan, statements, hazards, blocked)| Happens::Look { plan, statements, hazards, blocked }),
        2 => Just(Happens::Glance),
        3 => proptest::option::of(plan).prop_map(Happens::Approve),
        1 => mode.prop_map(Happens::Edit),
        1 => Just(Happens::JobRuns),
        3 => outcome.prop_map(Happens::JobEnds),
        1 => Just(Happens::JobIsDeleted),
        1 => Just(Happens::RecordIsLost),
        1 => any::<bool>().prop_map(Happens::Window),
        1 => (1i64..400).prop_map(Happens::Time),
        1 => proptest::bool::weighted(0.2).prop_map(Happens::SwitchOff),
    ]
}

/// An audit with its cluster, as far as a migration depends on them.
struct World {
    recorded: Recorded,
    /// What was recorded one step ago: a status that was not written.
    before: Recorded,
    jobs: Vec<Job>,
    approval: Option<Approval>,
    mode: Mode,
    generation: i64,
    window: Opening,
    allowed: bool,
    now: i64,
}

impl World {
    fn new() -> Self {
        let recorded = Recorded::default();
        Self {
            before: recorded.clone(),
            recorded,
            jobs: Vec::new(),
            approval: None,
            mode: Mode::Manual,
            generation: 1,
            window: Opening::Open,
            allowed: true,
            now: 0,
        }
    }

    fn open_jobs(&self) -> usize {
        self.jobs.iter().filter(|job| !matches!(job.state, JobState::Ended(_))).count()
    }

    fn happens(&mut self, event: Happens) -> Result<(), TestCaseError> {
        self.now += 1;
        let last = self.jobs.last_mut();
        match event {
            Happens::Look { plan, statements, hazards, blocked } => {
                let digest = if statements == 0 { "empty".to_owned() } else { plan.to_string() };
                let look = Planned {
                    blockers: if blocked { vec!["no".into()] } else { Vec::new() },
                    looked: at(self.now),
                    ..look(&digest, statements, hazards)
                };
                self.step(Some(&look))?;
            }
            Happens::Glance => self.step(None)?,
            Happens::Approve(plan) => {
                // Each at a time of its own: two are never the same one.
                let at = Some(at(self.now));
                self.approval = plan.map(|plan| Approval { at, ..approval(&plan.to_string()) });
                self.generation += 1;
            }
            Happens::Edit(mode) => {
                self.mode = mode;
                self.generation += 1;
            }
            Happens::JobRuns => {
                if let Some(job) = last.filter(|job| !matches!(job.state, JobState::Ended(_))) {
                    job.state = JobState::Running;
                }
            }
            Happens::JobEnds(outcome) => {
                if let Some(job) = last.filter(|job| !matches!(job.state, JobState::Ended(_))) {
                    let ended = Ended::without_message(at(self.now), outcome, "it ended".into());
                    job.state = JobState::Ended(ended);
                }
            }
            Happens::JobIsDeleted => {
                self.jobs.pop();
            }
            Happens::RecordIsLost => self.recorded = self.before.clone(),
            Happens::Window(open) => {
                let opens = Some(at(self.now + 100));
                self.window = if open { Opening::Open } else { Opening::Closed { opens } };
            }
            Happens::Time(seconds) => self.now += seconds,
            Happens::SwitchOff(off) => self.allowed = !off,
        }
        Ok(())
    }

    fn step(&mut self, look: Option<&Planned>) -> Result<(), TestCaseError> {
        let facts = Facts {
            allowed: self.allowed,
            mode: self.mode,
            generation: self.generation,
            approval: self.approval.as_ref(),
            window: self.window,
            jobs: self.allowed.then_some(&self.jobs),
            look,
            recorded: &self.recorded,
            now: at(self.now),
        };
        let Step { mut recorded, next, stands } = step(&facts);
        prop_assert!(recorded.history.len() <= HISTORY);
        prop_assert!(
            recorded.current.is_none() || stands.is_some() || !self.allowed,
            "a migration runs unsaid"
        );
        if let Next::Launch { number, approval } = next {
            let look = look.expect("a launch without a look");
            prop_assert_eq!(self.open_jobs(), 0, "two Jobs");
            prop_assert!(self.allowed && self.mode != Mode::Never && self.window == Opening::Open);
            prop_assert!(look.blockers.is_empty() && look.statements > 0);
            let is_approved = self.approval.as_ref().is_some_and(|approval| approval.plan == look.digest);
            let is_free = self.mode == Mode::Automatic && look.hazards == 0;
            prop_assert!(is_free || is_approved, "launched without approval");
            prop_assert!(approval.is_none() || (is_approved && approval == self.approval));
            let used = recorded.history.iter().filter(|it| it.verdict != Verdict::Transient);
            let mut used = used.filter_map(|it| it.run.approval.as_ref());
            let is_used = approval.as_ref().is_some_and(|approval| used.any(|used| used.at == approval.at));
            prop_assert!(!is_used, "an approval was used twice");
            let failed = recorded
                .history
                .first()
                .filter(|last| last.run.plan == look.digest && last.run.generation == self.generation);
            prop_assert!(failed.is_none_or(|last| last.verdict != Verdict::Failed), "tried again");
            let run = Run {
                number,
                plan: look.digest.clone(),
                job: format!("shop-{}-{number}", look.digest),
                started: at(self.now),
                generation: self.generation,
                documents: look.documents.clone(),
                approval,
                audited_with: Some(look.audited_with.clone()),
                restore: None,
            };
            prop_assert!(self.jobs.iter().all(|job| job.run.job != run.job), "a name twice");
            self.jobs.push(Job { run: run.clone(), state: JobState::Pending(None) });
            recorded.current = Some((run, None));
        }
        self.before = std::mem::replace(&mut self.recorded, recorded);
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn r77_never_two_jobs_never_without_approval_never_with_blockers(
        events in proptest::collection::vec(happens(), 1..40)
    ) {
        let mut world = World::new();
        for event in events {
            world.happens(event)?;
        }
    }

    #[test]
    fn the_same_facts_give_the_same_step_and_a_second_glance_changes_nothing(
        events in proptest::collection::vec(happens(), 1..30)
    ) {
        let mut world = World::new();
        for event in events {
            world.happens(event)?;
            world.step(None)?;
            let once = world.recorded.clone();
            world.step(None)?;
            prop_assert_eq!(&world.recorded, &once);
        }
    }
}
