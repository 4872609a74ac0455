//! What becomes of the plan of a look while no Job runs: it is launched, or something is lacking.

use jiff::Timestamp;

use super::window::Opening;
use super::{
    ATTEMPTS, Approval, FIRST_PAUSE, Facts, HISTORY, Mode, Next, PACE, Phase, Planned, REPEATS, Record,
    Recorded, Verdict,
};

/// No Job runs, and this is what the database lacks.
pub(super) fn judged(look: &Planned, recorded: &Recorded, facts: &Facts<'_>) -> (Next, Phase, String) {
    let rest = |phase, message: String| (Next::Rest(None), phase, message);
    let plan = named(look);
    if look.statements == 0 {
        return nothing_to_run(look, recorded);
    }
    if facts.mode == Mode::Never {
        return rest(Phase::Planned, format!("with mode Never {plan} is only shown"));
    }
    let blocked = blocked(look);
    if !facts.allowed {
        let too = blocked.map(|why| format!("; nor could it run as it is: {why}")).unwrap_or_default();
        let message = format!(
            "migrations are switched off in this operator, so {plan} does not run: --allow-migrations switches them on, \
             with the rights of deploy/migrations/{too}"
        );
        return rest(Phase::SwitchedOff, message);
    }
    if let Some(why) = blocked {
        return rest(Phase::Blocked, format!("{plan} cannot run: {why}"));
    }
    let approval = match approval(look, recorded, facts) {
        Ok(approval) => approval,
        Err(Lack { phase, message, until }) => return (Next::Rest(until), phase, message),
    };
    match after_failures(look, recorded, facts) {
        Again::Now => {}
        Again::Never(message) => return rest(Phase::Failed, message),
        Again::At(due, message) => return (Next::Rest(Some(due)), Phase::Retrying, message),
    }
    if let Opening::Closed { opens } = facts.window {
        let when = opens.map_or_else(|| "never opens".to_owned(), |opens| format!("opens at {opens}"));
        return (
            Next::Rest(opens),
            Phase::AwaitingWindow,
            format!("{plan} waits for the window, which {when}"),
        );
    }
    let number = recorded.last_number().saturating_add(1);
    (Next::Launch { number, approval }, Phase::Running, format!("{plan} is launched"))
}

/// The first of what keeps a plan from being run, and how much more there is.
fn blocked(look: &Planned) -> Option<String> {
    let first = look.blockers.first()?;
    let more = look.blockers.len() - 1;
    Some(if more > 0 { format!("{first}; and {more} more") } else { first.clone() })
}

fn nothing_to_run(look: &Planned, recorded: &Recorded) -> (Next, Phase, String) {
    let left = match look.unplannable {
        0 => String::new(),
        1 => "; 1 component is left to a person".to_owned(),
        more => format!("; {more} components are left to a person"),
    };
    match recorded.history.first() {
        Some(last) if last.verdict == Verdict::Succeeded => {
            let message = format!("the plan {} was applied: {}{left}", last.run.plan, last.message);
            (Next::Rest(None), Phase::Succeeded, message)
        }
        _ => (Next::Rest(None), Phase::Idle, format!("there is nothing to run{left}")),
    }
}

/// What a plan lacks before it may run.
struct Lack {
    phase: Phase,
    message: String,
    /// When it may run without.
    until: Option<Timestamp>,
}

/// The approval of the plan of the look, if one is needed; or what is lacking.
fn approval(look: &Planned, recorded: &Recorded, facts: &Facts<'_>) -> Result<Option<Approval>, Lack> {
    let plan = named(look);
    let (why, until) = match facts.mode {
        Mode::Never | Mode::Manual => (String::new(), None),
        Mode::Automatic => match needs_person(look, recorded, facts.now) {
            None => return Ok(None),
            Some(needs) => needs,
        },
    };
    let lack = |phase, message| Err(Lack { phase, message, until });
    let how = format!(
        "to approve it, read it in {}, and set spec.migration.approval: plan to its digest, by to your name",
        look.shown_in
    );
    let Some(approval) = facts.approval else {
        return lack(Phase::AwaitingApproval, format!("{plan} awaits approval{why}; {how}"));
    };
    let Approval { plan: approved, by, at: _ } = approval;
    if *approved != look.digest {
        let message = format!(
            "the approval by {by} is void, because it is of the plan {approved}: now {plan} awaits approval{why}; {how}"
        );
        return lack(Phase::ApprovalVoid, message);
    }
    if recorded.used_approval.as_ref() == Some(approval) {
        const AGAIN: &str = "approve it anew, with another approval.at";
        let last = recorded.history.iter().find(|last| last.run.approval.as_ref() == Some(approval));
        return match last {
            Some(Record { run, verdict: Verdict::Failed, message, .. }) => lack(
                Phase::Failed,
                format!(
                    "Job {} did not apply the plan {}: {message}; the approval by {by} was used for that: to try again, \
                     {AGAIN}",
                    run.job, run.plan
                ),
            ),
            _ => lack(
                Phase::ApprovalVoid,
                format!("the approval by {by} was used already; to run {plan} again, {AGAIN}"),
            ),
        };
    }
    Ok(Some(approval.clone()))
}

/// Why an automatic migration asks a person, if it does, and until when: hazards, and whatever makes plans come back.
fn needs_person(look: &Planned, recorded: &Recorded, now: Timestamp) -> Option<(String, Option<Timestamp>)> {
    let history = &recorded.history;
    let succeeded = |record: &&Record| record.run.plan == look.digest && record.verdict == Verdict::Succeeded;
    let in_a_row = history.iter().take_while(succeeded).count();
    let comes_back = in_a_row == 0 && history.iter().any(|record| succeeded(&record));
    let why = if look.hazards > 0 {
        " because of its hazards"
    } else if in_a_row >= REPEATS {
        " because it was applied again and again, and something undoes it each time"
    } else if comes_back {
        " because it was applied before, and comes back after another one"
    } else {
        // Plans that are new each time, and never end.
        let oldest =
            history.get(HISTORY - 1).filter(|_| history.iter().all(|it| it.run.approval.is_none()))?;
        let until = oldest.run.started.checked_add(PACE).unwrap_or(Timestamp::MAX);
        let message = format!(
            " because {HISTORY} migrations ran by themselves within an hour; without one, it runs at {until}"
        );
        return (until > now).then_some((message, Some(until)));
    };
    Some((why.to_owned(), None))
}

/// Whether a plan that failed is tried again.
enum Again {
    Now,
    At(Timestamp, String),
    Never(String),
}

/// What failed stays failed until the plan or the spec changes; what may pass is tried again, a few times.
fn after_failures(look: &Planned, recorded: &Recorded, facts: &Facts<'_>) -> Again {
    let is_same =
        |record: &&Record| record.run.plan == look.digest && record.run.generation == facts.generation;
    let Some(last) = recorded.history.first().filter(is_same) else { return Again::Now };
    let Record { run, ended, verdict, message } = last;
    match verdict {
        Verdict::Succeeded => Again::Now,
        Verdict::Failed => Again::Never(format!(
            "Job {} did not apply the plan {}: {message}; it is not tried again until the plan or the spec changes",
            run.job, run.plan
        )),
        Verdict::Transient => {
            let same = recorded.history.iter().take_while(|record| is_same(record));
            let attempts = same.take_while(|record| record.verdict == Verdict::Transient).count();
            if attempts >= ATTEMPTS {
                return Again::Never(format!(
                    "the plan {} could not be applied in {attempts} attempts: {message}; it is not tried again until \
                     the plan or the spec changes",
                    run.plan
                ));
            }
            let doublings = u32::try_from(attempts.saturating_sub(1)).unwrap_or(0);
            let due = ended.at.checked_add(FIRST_PAUSE * 2u32.pow(doublings)).unwrap_or(Timestamp::MAX);
            if due <= facts.now {
                return Again::Now;
            }
            let message = format!(
                "Job {} could not begin: {message}; attempt {} begins at {due}",
                run.job,
                attempts + 1
            );
            Again::At(due, message)
        }
    }
}

/// `the plan sha256:... (5 statements, no hazard)`.
fn named(look: &Planned) -> String {
    format!("the plan {} ({}, {})", look.digest, statements(look.statements), hazards(look.hazards))
}

pub(super) fn statements(number: usize) -> String {
    if number == 1 { "1 statement".to_owned() } else { format!("{number} statements") }
}

fn hazards(number: usize) -> String {
    match number {
        0 => "no hazard".to_owned(),
        1 => "1 hazard".to_owned(),
        more => format!("{more} hazards"),
    }
}
