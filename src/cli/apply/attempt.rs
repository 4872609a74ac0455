//! One attempt to apply a plan, from the first look to the last.

use std::fmt::Write as _;
use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use super::expected::Expected;
use super::known::{Known, stands};
use super::tell::{Teller, count};
use super::{Arguments, look};
use crate::cli::connection::Named;
use crate::cli::{Outcome, print_error};
use crate::core::audit::compare::{Depth, compare};
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::Requirements;
use crate::core::plan::outcome::{Applied, Backup, Ending, Failure, Progress, Retry, Verified};
use crate::core::plan::{History, Options, Plan, plan_with, rebuild};
use crate::core::problem::Severity;
use crate::postgres::apply::backup::{self, backup};
use crate::postgres::apply::{Direct, Event, Facts, Held, LockError, Ran, Stop, Tried, stopped};
use crate::postgres::preflight::Rows;

/// The longest that opening the sessions may take.
const CONNECTING: std::time::Duration = std::time::Duration::from_secs(30);

/// Applies, and says what came of it.
pub(super) async fn apply(arguments: &Arguments, stop: &Stop, teller: Teller, known: &Known) -> Applied {
    match begin(arguments, stop, teller, known).await {
        Ok(applied) | Err(applied) => applied,
    }
}

/// What does not change in an attempt.
struct Attempt<'a> {
    arguments: &'a Arguments,
    required: look::Required,
    history: History,
    to_look_for: Requirements,
    options: Options,
    connection: Named,
    stop: &'a Stop,
    teller: Teller,
    known: &'a Known,
}

/// One look, and the plan that is made of it.
struct Seen {
    observation: Observation,
    report: Report,
    plan: Plan,
}

async fn begin(
    arguments: &Arguments,
    stop: &Stop,
    teller: Teller,
    known: &Known,
) -> Result<Applied, Applied> {
    if let Some(file) = arguments.backup.as_ref().filter(|file| arguments.backup_only && file.exists()) {
        // Of the pod before this one, which may have begun to change the database: it is of before.
        let message = format!("The backup {} is there already, and stays.", file.display());
        return Ok(Applied::new(Ending::BackedUp, message));
    }
    let required = look::required(&arguments.look).map_err(|error| not_begun(&error))?;
    if required.requirements.components.is_empty() || required.read != Outcome::Good {
        return Err(unread());
    }
    let connection =
        look::connection(&arguments.look, required.bundle.as_ref()).map_err(|error| not_begun(&error))?;
    let history = required.history();
    let attempt = Attempt {
        arguments,
        to_look_for: history.to_look_for(&required.requirements),
        options: arguments.options.options(required.bundle.as_ref()),
        history,
        required,
        connection,
        stop,
        teller,
        known,
    };
    attempt.run().await
}

fn not_begun(error: &look::Error) -> Applied {
    let message = format!("nothing was touched: {error}");
    let failure = Failure { message: message.clone(), transient: error.is_transient(), ..Failure::default() };
    Applied { failure: Some(failure), ..Applied::new(Ending::NotBegun, message) }
}

fn unread() -> Applied {
    Applied::new(
        Ending::NotBegun,
        "nothing was touched: a part of the features could not be read, so that what is missing is not known in full",
    )
}

impl Attempt<'_> {
    async fn run(&self) -> Result<Applied, Applied> {
        let mut shown = self.look().await?;
        if shown.report.has_errors() {
            for problem in shown.report.problems.iter().filter(|it| it.severity == Severity::Error) {
                print_error(&problem.to_string());
            }
            return Err(unread());
        }
        if let Some(ended) = self.is_done(&shown) {
            return Ok(ended);
        }
        match self.expected() {
            Some((expected, rests)) if !expected.allows(&shown.plan.digest, rests) => {
                return Err(outdated(&shown.plan, &expected.digest, self.knows_rests()));
            }
            Some((expected, _)) if expected.digest != shown.plan.digest => {
                self.teller.say(&format!("Going on with what is left of the plan {}", expected.digest));
            }
            _ => {}
        }
        let (look, bundle) = (&self.arguments.look, self.required.bundle.as_ref());
        let judged = look::preflight(look, bundle, &self.connection.target, &mut shown.plan, Rows::Skip);
        judged.await.map_err(|error| not_begun(&error))?;
        let mut direct = self.open(&shown.plan).await?;
        self.teller.plan(&shown.plan, self.connection.target.host_key(), &direct.facts);
        if !shown.plan.blockers.is_empty() {
            direct.close().await;
            let message = "nothing was touched: the plan has blockers, and would fail";
            return Err(Applied {
                plan_digest: Some(shown.plan.digest.clone()),
                ..Applied::new(Ending::Blocked, message)
            });
        }
        if !self.arguments.yes && self.arguments.expect_plan.is_none() {
            // A session that waits for a person may be ended by the server.
            let facts = direct.facts.clone();
            direct.close().await;
            self.ask(&shown.plan, &facts).await?;
            direct = self.open(&shown.plan).await?;
        }
        let applied = self.with(&direct, &shown).await;
        direct.close().await;
        applied
    }

    /// Looks, and plans.
    async fn look(&self) -> Result<Seen, Applied> {
        let Self { arguments, required, history, to_look_for, options, connection, .. } = self;
        let (look, bundle) = (&arguments.look, required.bundle.as_ref());
        let looked = look::observed(look, bundle, &connection.target, to_look_for, Depth::Shape);
        let observation = looked.await.map_err(|error| not_begun(&error))?;
        let report = compare(&required.requirements, &observation, Depth::Shape);
        let plan = plan_with(history, &required.requirements, &observation, &report, options);
        let plan = look::under_terms(look, bundle, &connection.target, plan).await;
        let plan = plan.map_err(|error| not_begun(&error))?;
        Ok(Seen { observation, report, plan })
    }

    /// The plan that was allowed, with the digests of what is left of it that the bundle has.
    fn expected(&self) -> Option<(&Expected, &[String])> {
        let rests = self.required.bundle.as_ref().map_or(&[][..], |bundle| &bundle.rests);
        self.arguments.expect_plan.as_ref().map(|expected| (expected, rests))
    }

    fn knows_rests(&self) -> bool {
        self.expected().is_some_and(|(expected, rests)| !expected.rests.is_empty() || !rests.is_empty())
    }

    /// The end where there is nothing to run: also for a plan that was approved and ran meanwhile.
    fn is_done(&self, seen: &Seen) -> Option<Applied> {
        let is_expected = match self.expected() {
            Some((expected, rests)) => {
                expected.allows(&seen.plan.digest, rests) || seen.report.is_compliant()
            }
            None => true,
        };
        (seen.plan.is_empty() && is_expected).then(|| nothing_to_run(seen))
    }

    async fn open(&self, plan: &Plan) -> Result<Direct, Applied> {
        Direct::open(&self.connection.target, CONNECTING).await.map_err(|error| {
            let message = format!("nothing was touched: {error}");
            let transient = error.failure.is_transient();
            let failure = Failure { message: message.clone(), transient, ..Failure::default() };
            Applied {
                failure: Some(failure),
                plan_digest: Some(plan.digest.clone()),
                ..Applied::new(Ending::NotBegun, message)
            }
        })
    }

    /// Asks the person at the terminal.
    async fn ask(&self, plan: &Plan, facts: &Facts) -> Result<(), Applied> {
        let ended = |outcome, message: &str| Applied {
            plan_digest: Some(plan.digest.clone()),
            ..Applied::new(outcome, message)
        };
        if !std::io::stdin().is_terminal() {
            return Err(ended(
                Ending::NotBegun,
                "nothing was touched: there is no terminal to ask at; allow it with --yes, or with --expect-plan and the \
                 digest of the plan",
            ));
        }
        self.teller.say("");
        self.teller.say("schema-audit plan shows each statement, and what it locks.");
        self.teller.say(&format!(
            "Type yes to {} on the database {}:",
            if self.arguments.dry_run { "try this" } else { "run this" },
            crate::core::name::Identifier::new(&facts.database)
        ));
        // Nothing wakes a thread that reads from a terminal; the process ends without it.
        let answer = tokio::task::spawn_blocking(|| {
            let mut answer = String::new();
            std::io::stdin().lock().read_line(&mut answer).map(|_| answer)
        });
        let answer = tokio::select! {
            answer = answer => answer,
            () = stopped(self.stop) => {
                return Err(ended(Ending::Stopped, "nothing was touched: it was stopped"));
            }
        };
        if matches!(answer, Ok(Ok(answer)) if answer.trim() == "yes") {
            return Ok(());
        }
        Err(ended(Ending::Stopped, "nothing was touched: the answer was not yes"))
    }

    /// Everything that happens under the lock.
    async fn with(&self, direct: &Direct, shown: &Seen) -> Result<Applied, Applied> {
        let digest = &shown.plan.digest;
        let ended = |outcome, message: String| Applied {
            plan_digest: Some(digest.clone()),
            ..Applied::new(outcome, message)
        };
        let mut told = |Held(holder): &Held| {
            self.teller.say(&format!("Waiting for {holder}, which migrates this database"));
        };
        direct.lock(self.arguments.lock_wait, self.stop, &mut told).await.map_err(|error| match error {
            LockError::Held(Held(holder)) => {
                let waited =
                    "another migration of this database is under way, and did not end in time (--lock-wait)";
                ended(Ending::Locked, format!("nothing was touched: {waited}: {holder}"))
            }
            LockError::Stopped => ended(Ending::Stopped, "nothing was touched: it was stopped".to_owned()),
            LockError::Failed(error) => {
                let message = format!("nothing was touched: {error}");
                let transient = error.failure.is_transient();
                let failure = Failure { message: message.clone(), transient, ..Failure::default() };
                Applied { failure: Some(failure), ..ended(Ending::NotBegun, message) }
            }
        })?;
        let mut made = None;
        if let Some(file) = &self.arguments.backup {
            made = Some(self.back_up(direct, &shown.plan, file).await?);
        }
        if self.arguments.backup_only {
            direct.unlock().await;
            let message = "The backup is there, and pg_restore reads it.".to_owned();
            return Ok(Applied { backup: made, ..ended(Ending::BackedUp, message) });
        }
        // What is there now, and cannot change by another of these any more, decides.
        let seen = self.look().await.map_err(|applied| Applied { backup: made.clone(), ..applied })?;
        if seen.plan.digest != *digest {
            if let Some(ended) = self.is_done(&seen) {
                return Ok(Applied { backup: made, ..ended });
            }
            return Err(Applied { backup: made, ..outdated(&seen.plan, digest, true) });
        }
        self.nothing_is_built(direct, &seen).await?;
        let mut tell = |event: Event<'_>| {
            self.known.hears(&event);
            self.teller.event(&event, *self.stop.borrow());
        };
        self.known.begins(&seen.plan);
        if self.arguments.dry_run {
            return Ok(tried(direct.dry_run(&seen.plan, self.stop, &mut tell).await, &seen.plan));
        }
        let retry = Retry { times: self.arguments.retries, ..Retry::default() };
        let ran = direct.run(&seen.plan, &retry, self.stop, &mut tell).await;
        let applied = Applied { backup: made, ..ended_with(&ran, &seen.plan) };
        let applied = self.verify(applied).await;
        direct.unlock().await;
        Ok(applied)
    }

    /// An index that cannot be used may be one that another session builds at this very time.
    async fn nothing_is_built(&self, direct: &Direct, seen: &Seen) -> Result<(), Applied> {
        if !self.options.rebuild_invalid {
            return Ok(());
        }
        let tables = rebuild::tables(&seen.observation, &seen.report);
        let transient = |message: String| Applied {
            plan_digest: Some(seen.plan.digest.clone()),
            failure: Some(Failure { message: message.clone(), transient: true, ..Failure::default() }),
            ..Applied::new(Ending::NotBegun, message)
        };
        match direct.builder(&tables).await {
            Ok(None) => Ok(()),
            Ok(Some(Held(holder))) => Err(transient(format!(
                "nothing was touched: {holder} may be building an index of a table whose index is to be rebuilt: wait \
                 for its end"
            ))),
            Err(error) => Err(transient(format!("nothing was touched: {error}"))),
        }
    }

    async fn back_up(&self, direct: &Direct, plan: &Plan, file: &Path) -> Result<Backup, Applied> {
        self.teller.say(&format!("Backing up to {}", file.display()));
        let schemas = plan.schemas();
        let made = backup(direct, &self.connection.variables, schemas.as_ref(), file, self.stop).await;
        match made {
            // Whoever reads logs and pods need not know the server.
            Ok(made) if self.required.bundle.is_some() => {
                Ok(Backup { restore: Backup::restore_anywhere(&made.file), ..made })
            }
            Ok(made) => {
                self.teller
                    .say("The backup is there, and pg_restore reads it. To restore it beside the database:");
                self.teller.command(&made.restore);
                Ok(made)
            }
            Err(error) => {
                let outcome =
                    if matches!(error, backup::Error::Stopped) { Ending::Stopped } else { Ending::NotBegun };
                let said = if self.required.bundle.is_some() {
                    print_error(&error.to_string());
                    error.without_connection()
                } else {
                    error.to_string()
                };
                let message = format!("nothing was touched: there is no backup: {said}");
                let failure = error.is_transient().then(|| Failure {
                    message: message.clone(),
                    transient: true,
                    ..Failure::default()
                });
                let plan_digest = Some(plan.digest.clone());
                Err(Applied { plan_digest, failure, ..Applied::new(outcome, message) })
            }
        }
    }

    /// Looks once more: what is there, not what was sent, is the result.
    async fn verify(&self, applied: Applied) -> Applied {
        match self.look().await {
            Ok(seen) => {
                let mut message = applied.message.clone();
                if applied.outcome != Ending::Applied && applied.segments.run > 0 && !seen.plan.is_empty() {
                    let left = &seen.plan.digest;
                    let _ = write!(message, "; what is left is the plan {left}");
                }
                Applied {
                    verified: Some(Verified::of(&seen.report)),
                    invalid_indexes: invalid_indexes(&seen),
                    message,
                    ..applied
                }
            }
            Err(unseen) if applied.outcome == Ending::Applied => Applied {
                outcome: Ending::Unverified,
                message: format!(
                    "every statement ran, and what is there now could not be seen: {}",
                    unseen.failure.map(|failure| failure.message).unwrap_or_default()
                ),
                ..applied
            },
            Err(_) => applied,
        }
    }
}

fn nothing_to_run(seen: &Seen) -> Applied {
    let message = match seen.plan.unplannable.len() {
        0 => "There is nothing to run.".to_owned(),
        left => format!("There is nothing to run; {left} left to a person: see schema-audit plan."),
    };
    Applied {
        plan_digest: Some(seen.plan.digest.clone()),
        verified: Some(Verified::of(&seen.report)),
        invalid_indexes: invalid_indexes(seen),
        ..Applied::new(Ending::Applied, message)
    }
}

/// `knows_rests`: whether what is left of the plan would have been known.
fn outdated(plan: &Plan, expected: &str, knows_rests: bool) -> Applied {
    let now = if plan.is_empty() { "empty".to_owned() } else { format!("{} now", plan.digest) };
    let what_to_do = if knows_rests {
        "review it again"
    } else {
        "review it again, and allow that; or, if a run of it was broken off, give --expect-plan the file that \
         plan --format json wrote, by which what is left of it is known"
    };
    let message = format!(
        "nothing was touched: outdated: the database or the features changed since the plan {expected} was made, and \
         the plan is {now}: {what_to_do}"
    );
    Applied { plan_digest: Some(plan.digest.clone()), ..Applied::new(Ending::Outdated, message) }
}

fn invalid_indexes(seen: &Seen) -> Vec<String> {
    let indexes = rebuild::invalid_indexes(&seen.observation, &seen.report);
    indexes.iter().map(ToString::to_string).collect()
}

/// What a run came to, in words: what stands, and what does not.
fn ended_with(ran: &Ran, plan: &Plan) -> Applied {
    let of = plan.statements().count();
    let statements = Progress { run: ran.statements, of };
    let segments = Progress { run: ran.segments, of: plan.segments.len() };
    let stands = stands(statements, segments);
    let rest = match (ran.outside, ran.uncertain) {
        _ if ran.between => "nothing else was under way",
        (false, false) if ran.abandoned => {
            "the server did not end what was under way in time: it rolls that segment back when it sees that the session \
             is gone"
        }
        (true, true) => "whether the statement that was under way is done is not known",
        (true, false) => {
            "the statement that was under way runs outside of a transaction: what it did in part may be there"
        }
        (false, true) => "whether the segment that was under way is committed is not known",
        (false, false) => "the segment that was under way is rolled back",
    };
    let (outcome, message) = match (&ran.failure, ran.stopped) {
        (None, false) => {
            let (of, segments) = (count(of, "statement"), count(segments.of, "segment"));
            (Ending::Applied, format!("Applied: {of} in {segments}."))
        }
        (_, true) => (Ending::Stopped, format!("stopped: {stands}; {rest}; run it again to go on")),
        (Some(_), false) => (Ending::Failed, format!("{stands}; {rest}")),
    };
    Applied {
        plan_digest: Some(plan.digest.clone()),
        statements,
        segments,
        failure: ran.failure.clone(),
        ..Applied::new(outcome, message)
    }
}

/// What a dry run came to.
fn tried(tried: Tried, plan: &Plan) -> Applied {
    let Tried { statements, not_tried, failure, stopped } = tried;
    let of = plan.statements().count();
    let (outcome, message) = match (&failure, stopped) {
        (None, false) => {
            (Ending::Tried, format!("Tried: {statements} of {of} statements ran, and are rolled back."))
        }
        (_, true) => (Ending::Stopped, "stopped: everything is rolled back".to_owned()),
        (Some(_), false) => (Ending::Failed, "everything is rolled back".to_owned()),
    };
    Applied {
        plan_digest: Some(plan.digest.clone()),
        statements: Progress { run: 0, of },
        segments: Progress { run: 0, of: plan.segments.len() },
        failure,
        not_tried,
        ..Applied::new(outcome, message)
    }
}
