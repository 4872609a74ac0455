//! `schema-audit apply`: runs the plan, under a lock, after a person or a digest allowed it, and audits again.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::connection::{block_on, duration};
use super::plan::PlanOptions;
use super::{Outcome, look, print, print_error, print_warning};
use crate::core::plan::outcome::{Applied, Ending, Failure};
use crate::postgres::apply::{Stop, stopped};
use crate::report::printable;
use expected::Expected;
use known::Known;
use tell::Teller;

mod attempt;
mod expected;
mod known;
mod tell;

/// Run the SQL that creates what one database lacks of what features need, and audit again.
///
/// Shows the plan and the database, and asks before anything is touched. Takes a lock, so that two of these never run at
/// once on one database; looks again under the lock, and goes on only if the plan is still the one that was shown or that
/// --expect-plan names. A transaction that meets a lock or a deadlock is tried again. What is committed when something
/// fails stays: running it again goes on from there, and makes nothing twice. Ctrl-C cancels the statement that is under
/// way and rolls its transaction back; a second one ends this at once, and leaves that to the server.
///
/// Exit codes: 0 the database carries all that is required; 1 a statement failed, or something is left to do; 2 it could
/// not begin; 3 the plan is another than the one that was approved, and nothing was touched; 4 nothing stands, and another
/// try may go well (no connection, a lock was not had in time, or another migration is under way).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[expect(clippy::doc_markdown, reason = "the comments on the fields are help texts, without Markdown")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) look: look::Arguments,

    #[command(flatten)]
    pub(super) options: PlanOptions,

    /// Do not ask.
    #[arg(long)]
    pub(super) yes: bool,

    /// Run only the plan with this digest, as plan prints it, and do not ask. Any other plan is outdated (exit code 3).
    ///
    /// Or of this file, which plan --format json wrote: then, after a run that was broken off, just what is left of the
    /// plan is run as well, and nothing else.
    #[arg(long, value_name = "DIGEST|FILE", value_parser = expected::expected)]
    pub(super) expect_plan: Option<Expected>,

    /// Before anything is changed, back up the schemas that the plan touches into this new file, by pg_dump in its
    /// custom format. Without a backup that pg_restore can read, nothing is changed.
    #[arg(long, value_name = "FILE", conflicts_with = "dry_run")]
    pub(super) backup: Option<PathBuf>,

    /// Only the backup: nothing is run. One that is there already stays, and is enough.
    #[arg(long, hide = true, requires = "backup")]
    pub(super) backup_only: bool,

    /// Run all that can run in a transaction, in one, and roll it back. It takes the same locks, for as long as it runs.
    #[arg(long)]
    pub(super) dry_run: bool,

    /// The longest wait for another migration of the same database to end.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    pub(super) lock_wait: Duration,

    /// How many times a transaction is tried again that met a lock, a deadlock or a conflict.
    #[arg(long, value_name = "NUMBER", default_value_t = 5)]
    pub(super) retries: u32,

    /// The form of the result.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    pub(super) format: Format,

    /// A file that gets the result in JSON, cut to 4096 bytes, as Kubernetes reads it from a container that ended.
    #[arg(long, value_name = "FILE")]
    pub(super) termination_message: Option<PathBuf>,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://owner:secret@db.example.com/shop'

  # Show, ask, back up, run, audit
  schema-audit apply --features migrations/ --backup before.dump

  # Would it run? Tried in one transaction, and rolled back
  schema-audit apply --features migrations/ --dry-run

  # In CI: just the plan that was reviewed
  schema-audit plan --features migrations/ --format json > plan.json
  schema-audit apply --features migrations/ --expect-plan plan.json";

/// The forms of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// Lines for people, as they happen
    Text,
    /// A document for programs; what happens goes to standard error
    Json,
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let teller = Teller { to_stderr: arguments.format == Format::Json };
    let known = Known::default();
    let applied = block_on(async {
        let Signals { stop, at_once } = match signals() {
            Ok(signals) => signals,
            Err(error) => return not_begun(&error),
        };
        let cut_off = async {
            stopped(&stop).await;
            if let Some(message) = known.stopping() {
                // The line of the statement that is under way has no end yet.
                teller.say("");
                print_warning(message);
            }
            stopped(&at_once).await;
        };
        tokio::select! {
            biased;
            applied = attempt::apply(arguments, &stop, teller, &known) => applied,
            () = cut_off => known.cut_off(),
        }
    });
    let applied = applied.unwrap_or_else(|error| not_begun(&error));
    publish(&applied, arguments, teller)
}

fn not_begun(error: &std::io::Error) -> Applied {
    let message = format!("nothing was begun: {error}");
    let failure = Failure { message: message.clone(), ..Failure::default() };
    Applied { failure: Some(failure), ..Applied::new(Ending::NotBegun, message) }
}

/// What people and Kubernetes want by SIGINT and SIGTERM.
struct Signals {
    /// Becomes true at the first one.
    stop: Stop,
    /// Becomes true at the second one.
    at_once: Stop,
}

fn signals() -> Result<Signals, std::io::Error> {
    let (stopping, stop) = watch::channel(false);
    let (ending, at_once) = watch::channel(false);
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // Ends with the runtime.
    tokio::spawn(async move {
        for wanted in [&stopping, &ending] {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            wanted.send_replace(true);
        }
        // A receiver that hears of no sender would take that for nobody being there to ask.
        std::future::pending::<()>().await;
    });
    Ok(Signals { stop, at_once })
}

fn publish(applied: &Applied, arguments: &Arguments, teller: Teller) -> Outcome {
    teller.result(applied);
    let mut outcome = match applied.exit_code() {
        0 => Outcome::Good,
        1 => Outcome::Findings,
        3 => Outcome::Outdated,
        4 => Outcome::Transient,
        _ => Outcome::Failed,
    };
    if arguments.format == Format::Json {
        // Made of values that JSON can hold.
        let text = serde_json::to_string_pretty(applied).unwrap_or_default() + "\n";
        if let Err(message) = print(&printable::json(&text)) {
            print_error(&message);
            outcome = worse(outcome);
        }
    }
    if let Some(path) = &arguments.termination_message
        && let Err(error) = std::fs::write(path, applied.termination_message())
    {
        print_error(&format!("{} cannot be written: {error}", path.display()));
        outcome = worse(outcome);
    }
    outcome
}

/// A result that nobody can read is no good one.
fn worse(outcome: Outcome) -> Outcome {
    if outcome == Outcome::Good { Outcome::Failed } else { outcome }
}
