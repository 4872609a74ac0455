//! What must hold whatever happens to an audit.

use proptest::prelude::*;

use super::*;

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
