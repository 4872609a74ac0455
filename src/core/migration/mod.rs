//! How far a migration may go: facts about a plan, an approval, a window and a Job in, the next thing to do out.
//!
//! A migration is launched only right after a look at the database, for the plan of that look: whatever is waited for (an
//! approval, a window, a pause after a transient failure) ends in a look first. A Job is followed until it ends, and then
//! the next look says what came of it: that a Job succeeded proves nothing.
//!
//! Everything that is decided here follows from the status, the spec and the Jobs of the cluster, so that a restart in the
//! middle of any phase changes nothing.

use std::time::Duration;

use jiff::Timestamp;

mod judge;
pub mod result;
#[cfg(test)]
mod tests;
pub mod window;

use judge::{judged, statements};
use result::{Ended, Outcome};
use window::Opening;

/// How often a plan is tried when its failures may pass by themselves.
pub const ATTEMPTS: usize = 3;

/// How many migrations are remembered.
pub const HISTORY: usize = 5;

/// After how many equal migrations in a row that all succeeded an automatic one asks: something undoes them.
pub const REPEATS: usize = 3;

/// The time in which no more than [`HISTORY`] automatic migrations begin without a person.
pub const PACE: Duration = Duration::from_hours(1);

/// The pause after the first attempt that failed in a way that may pass; doubled after each.
pub const FIRST_PAUSE: Duration = Duration::from_mins(1);

/// Who decides that a plan runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// Nobody: plans are only shown.
    Never,
    /// A person, for each plan.
    Manual,
    /// Nobody for plans without hazards, a person for the others.
    Automatic,
}

/// The plan that a person allows. Another name or another time make another approval.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    /// The digest of the plan.
    pub plan: String,
    /// Who allows it.
    pub by: String,
    /// When, if that is said.
    pub at: Option<Timestamp>,
}

/// What a look at the database came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// The digest of the plan.
    pub digest: String,
    /// How many statements it has.
    pub statements: usize,
    /// How many hazards they have.
    pub hazards: usize,
    /// What keeps it from being run, each in a sentence without a full stop.
    pub blockers: Vec<String>,
    /// How many components no statement makes.
    pub unplannable: usize,
    /// Where a person reads it: `ConfigMap shop-plan`.
    pub shown_in: String,
    /// The digest of the documents that it was made of.
    pub documents: String,
    /// What led to the database that was looked at.
    pub audited_with: String,
    /// When the look began.
    pub looked: Timestamp,
}

/// A migration that was launched.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// Its number among those of the audit, from 1.
    pub number: u32,
    /// The digest of the plan.
    pub plan: String,
    /// The name of the Job.
    pub job: String,
    /// When it was launched.
    pub started: Timestamp,
    /// The generation of the spec then.
    pub generation: i64,
    /// The digest of the documents then.
    pub documents: String,
    /// The approval that it runs by; `None` for one that needed none.
    pub approval: Option<Approval>,
    /// What led to the database that the plan was made for; `None` where nobody recorded it.
    pub audited_with: Option<String>,
    /// How to bring back what was saved before, where something was.
    pub restore: Option<String>,
}

impl Run {
    /// What runs, and by whose word: `the plan sha256:..., approved by jane`.
    #[must_use]
    pub fn named(&self) -> String {
        match &self.approval {
            Some(approval) => format!("the plan {}, approved by {}", self.plan, approval.by),
            None => format!("the plan {}, which needed no approval", self.plan),
        }
    }

    /// What is said of it as long as nothing runs: why, where that is known.
    #[must_use]
    pub fn waits(&self, why: Option<&str>) -> String {
        let why = why.map(|why| format!(": {why}")).unwrap_or_default();
        format!("Job {} waits to run {}{why}", self.job, self.named())
    }
}

/// A Job of the audit, as the cluster has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// What it runs.
    pub run: Run,
    /// How far it is.
    pub state: JobState,
}

/// How far a Job is.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "an audit has a handful of Jobs, which are read and let go")]
pub enum JobState {
    /// Its pod does not run yet; why, where something is amiss.
    Pending(Option<String>),
    /// Its pod runs.
    Running,
    /// It is over.
    Ended(Ended),
}

/// What a migration came to, after the look that followed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// The look found nothing left of the plan.
    Succeeded,
    /// It did not do all that it should.
    Failed,
    /// It could not begin, for a reason that may pass.
    Transient,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &'static [Self] = &[Self::Succeeded, Self::Failed, Self::Transient];

    /// The name: `Succeeded`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Succeeded => "Succeeded",
            Self::Failed => "Failed",
            Self::Transient => "Transient",
        }
    }
}

/// A migration that is over and was verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// What ran.
    pub run: Run,
    /// How the Job ended.
    pub ended: Ended,
    /// What the look after it says.
    pub verdict: Verdict,
    /// Why, in a sentence without a full stop.
    pub message: String,
}

/// What outlives a restart.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// The migration that runs, or that ended and is not verified yet; then how it ended.
    pub current: Option<(Run, Option<Ended>)>,
    /// The last migrations, the latest first; at most [`HISTORY`].
    pub history: Vec<Record>,
    /// The approval that is used up: its plan was applied, or failed in a way that does not pass by itself.
    pub used_approval: Option<Approval>,
}

impl Recorded {
    /// The highest number of a migration so far.
    #[must_use]
    pub fn last_number(&self) -> u32 {
        let current = self.current.iter().map(|(run, _)| run.number);
        current.chain(self.history.iter().map(|record| record.run.number)).max().unwrap_or(0)
    }
}

/// What is known at one moment.
#[derive(Debug, Clone, Copy)]
pub struct Facts<'a> {
    /// Whether the operator may create Jobs.
    pub allowed: bool,
    /// Who decides.
    pub mode: Mode,
    /// The generation of the spec.
    pub generation: i64,
    /// What is approved.
    pub approval: Option<&'a Approval>,
    /// Whether plans may run now.
    pub window: Opening,
    /// The Jobs of the audit; `None` where nobody asked for them.
    pub jobs: Option<&'a [Job]>,
    /// The look at the database of this moment, if there was one and it succeeded.
    pub look: Option<&'a Planned>,
    /// What the status says.
    pub recorded: &'a Recorded,
    /// Now.
    pub now: Timestamp,
}

/// Where a migration stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// There is nothing to run.
    Idle,
    /// There is a plan, which is only shown.
    Planned,
    /// There is a plan, and this operator launches none.
    SwitchedOff,
    /// There is a plan that cannot run as it is.
    Blocked,
    /// There is a plan that a person must allow.
    AwaitingApproval,
    /// There is an approval, of another plan or used up.
    ApprovalVoid,
    /// There is a plan that may run later.
    AwaitingWindow,
    /// There is a plan that is tried again later.
    Retrying,
    /// A Job runs.
    Running,
    /// A Job ended, and no look said yet what came of it.
    Verifying,
    /// The last migration did what it should, and there is nothing to run.
    Succeeded,
    /// The last migration did not do what it should, and its plan is the plan still.
    Failed,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Next {
    /// Nothing before the next look, which is due at this moment at the latest, if one is given.
    Rest(Option<Timestamp>),
    /// Create the Job with this number, for the plan of the look. It is the current run then.
    Launch {
        /// The number of the migration.
        number: u32,
        /// The approval that it runs by.
        approval: Option<Approval>,
    },
    /// Look at the Job again soon.
    Watch,
}

/// What follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// What is recorded from now on; before a launch, if there is one.
    pub recorded: Recorded,
    /// What to do.
    pub next: Next,
    /// Where the migration stands, and why, in a sentence without a full stop; `None`: where it stood.
    pub stands: Option<(Phase, String)>,
}

/// Decides what to do now.
#[must_use]
pub fn step(facts: &Facts<'_>) -> Step {
    let mut recorded = facts.recorded.clone();
    follow(&mut recorded, facts);
    forget_used_approval(&mut recorded, facts.approval);
    if let (Some((run, Some(ended))), Some(look)) = (&recorded.current, facts.look)
        && look.looked >= ended.at
    {
        let record = verified(run.clone(), ended.clone(), look);
        // What nobody touched, for a reason that may pass, is tried again under the same approval.
        if record.verdict != Verdict::Transient && record.run.approval.is_some() {
            recorded.used_approval.clone_from(&record.run.approval);
        }
        recorded.history.insert(0, record);
        recorded.history.truncate(HISTORY);
        recorded.current = None;
        // The next one may have been launched already, by a step whose record was lost.
        follow(&mut recorded, facts);
    }
    let (next, stands) = match (&recorded.current, facts.look) {
        (Some((run, ended)), _) => under_way(run, ended.as_ref(), facts),
        (None, Some(look)) => {
            let (next, phase, message) = judged(look, &recorded, facts);
            (next, Some((phase, message)))
        }
        (None, None) => (Next::Rest(None), None),
    };
    Step { recorded, next, stands }
}

/// Brings the current migration up to date with the Jobs that there are. A Job that nobody recorded, because the operator
/// ended in between, is the current one; one that is gone before its result was recorded is lost.
fn follow(recorded: &mut Recorded, facts: &Facts<'_>) {
    let Some(jobs) = facts.jobs else { return };
    if recorded.current.is_none() {
        let last = recorded.last_number();
        let unrecorded = jobs.iter().filter(|job| job.run.number > last);
        recorded.current = unrecorded.min_by_key(|job| job.run.number).map(|job| (job.run.clone(), None));
    }
    let Some((run, ended @ None)) = &mut recorded.current else { return };
    match jobs.iter().find(|job| job.run.job == run.job).map(|job| &job.state) {
        Some(JobState::Ended(how)) => *ended = Some(how.clone()),
        Some(JobState::Pending(_) | JobState::Running) => {}
        None => *ended = Some(Ended::lost(facts.now)),
    }
}

/// An approval that was used may be used again once it was taken back.
fn forget_used_approval(recorded: &mut Recorded, approval: Option<&Approval>) {
    let still = approval.is_some_and(|approval| recorded.used_approval.as_ref() == Some(approval));
    // While a migration runs its approval may be taken back for good order; that is no new approval.
    if !still {
        recorded.used_approval = None;
    }
}

/// What a migration came to. A look that began after it is the truth.
fn verified(run: Run, ended: Ended, look: &Planned) -> Record {
    let other_documents = look.documents != run.documents && look.digest != run.plan;
    let elsewhere = run.audited_with.as_ref().is_some_and(|before| *before != look.audited_with);
    let (verdict, message) = if elsewhere {
        let message = format!(
            "no audit says what came of it, because the SchemaAudit leads to another Secret since; the Job ended: {}",
            ended.message
        );
        (Verdict::Failed, message)
    } else if look.statements == 0 {
        let message = match ended.outcome {
            Outcome::Applied => "the audit after it finds nothing left to run".to_owned(),
            _ => format!("the audit after it finds nothing left to run, although {}", ended.message),
        };
        (Verdict::Succeeded, message)
    } else {
        match ended.outcome {
            Outcome::Applied if other_documents => {
                let message = "it was applied; what is left to run comes from features that changed since";
                (Verdict::Succeeded, message.to_owned())
            }
            Outcome::Applied => {
                let message = format!(
                    "the Job reports that everything was applied, but the audit after it finds {} still to run",
                    statements(look.statements)
                );
                (Verdict::Failed, message)
            }
            Outcome::Transient => (Verdict::Transient, ended.message.clone()),
            Outcome::Outdated | Outcome::Failed | Outcome::Blocked | Outcome::Unverified | Outcome::Lost => {
                (Verdict::Failed, ended.message.clone())
            }
        }
    };
    Record { run, ended, verdict, message }
}

/// A migration runs, or its Job ended and the look is still to come.
fn under_way(run: &Run, ended: Option<&Ended>, facts: &Facts<'_>) -> (Next, Option<(Phase, String)>) {
    if let Some(ended) = ended {
        let message =
            format!("Job {} ended: {}; the next audit says what came of it", run.job, ended.message);
        return (Next::Rest(Some(ended.at)), Some((Phase::Verifying, message)));
    }
    let jobs = facts.jobs.unwrap_or_default();
    let message = match jobs.iter().find(|job| job.run.job == run.job).map(|job| &job.state) {
        Some(JobState::Running) => format!("Job {} runs {}", run.job, run.named()),
        Some(JobState::Pending(why)) => run.waits(why.as_deref()),
        Some(JobState::Ended(_)) => run.waits(None),
        // Nobody could ask: what was known stays.
        None if facts.allowed => return (Next::Rest(None), None),
        None => {
            let message = format!("Job {} was launched, and this operator may not follow it", run.job);
            return (Next::Rest(None), Some((Phase::Running, message)));
        }
    };
    (Next::Watch, Some((Phase::Running, message)))
}
