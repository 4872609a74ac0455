//! `schema-audit plan`: the SQL that creates what a database lacks.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::connection::{Named, duration};
use super::{Outcome, look, print_error, write_or_print};
use crate::bundle::Bundle;
use crate::core::audit::compare::{Depth, compare};
use crate::core::plan::{Options, Plan, Settings, plan_with, render};
use crate::core::problem::Severity;
use crate::postgres::preflight::Rows;
use crate::report::plan::json as plan_json;
use crate::report::printable;

/// Print the SQL that creates what one database lacks of what features need. Nothing is run.
///
/// The statements are those of the features, byte by byte, in an order in which they can run; nothing that is there is
/// dropped, and nothing is made twice. What no statement can make soundly is left to a person, with the reason.
///
/// Exit codes: 0 there is nothing to do; 1 there is something to run, or something left to a person; 2 there is no plan,
/// or a part of the feature documents could not be read (the rest is planned all the same).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    look: look::Arguments,

    #[command(flatten)]
    options: PlanOptions,

    /// The form of the plan.
    #[arg(long, value_enum, default_value_t = Format::Sql)]
    format: Format,

    /// Also ask whether the rows that are there break a new key, a NOT NULL, a CHECK or a foreign key.
    ///
    /// This reads whole tables, each query in a read-only transaction of its own, within --timeout and --lock-timeout.
    /// Expressions of the features are evaluated.
    #[arg(long)]
    check_data: bool,

    /// The file to write; without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// How to plan: what the digest of a plan rests on besides the features and the database.
#[derive(Debug, clap::Args)]
#[group(skip)]
pub(super) struct PlanOptions {
    /// The longest wait of a statement of the plan for a lock. It is part of the plan, and of its digest.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    lock_timeout: Duration,

    /// The longest that a statement of the plan may take. It is part of the plan, and of its digest.
    #[arg(long, value_name = "DURATION", default_value = "10m", value_parser = duration)]
    statement_timeout: Duration,

    /// Drop the indexes that a failed CREATE INDEX CONCURRENTLY left behind, which no query can use, and make them
    /// again.
    #[arg(long)]
    rebuild_invalid: bool,
}

impl PlanOptions {
    /// The same for the engine. A bundle has its own settings.
    pub(super) fn options(&self, bundle: Option<&Bundle>) -> Options {
        let settings = match bundle {
            Some(bundle) => bundle.settings.clone(),
            None => Settings::new(self.lock_timeout, self.statement_timeout),
        };
        Options { settings, rebuild_invalid: self.rebuild_invalid }
    }
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://owner:secret@db.example.com/shop'

  # What would be run?
  schema-audit plan --features migrations/

  # Review it, then run it
  schema-audit plan --features migrations/ --output plan.sql
  psql \"$DATABASE_URL\" -f plan.sql

  # For a pull request
  schema-audit plan --features features.yaml --format markdown";

/// The forms of a plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A script for psql
    Sql,
    /// A document for programs
    Json,
    /// A page for a review
    Markdown,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Look(#[from] look::Error),
    #[error("the plan could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
    #[error("{0}")]
    Output(String),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    match make(arguments) {
        Ok(outcome) => outcome,
        Err(error) => {
            print_error(&error.to_string());
            Outcome::Failed
        }
    }
}

fn make(arguments: &Arguments) -> Result<Outcome, Error> {
    let required = look::required(&arguments.look)?;
    let look::Required { requirements, read, bundle, .. } = &required;
    if requirements.components.is_empty() {
        return Ok(Outcome::Failed);
    }
    let history = required.history();
    let to_look_for = history.to_look_for(requirements);
    let Named { target, .. } = look::connection(&arguments.look, bundle.as_ref())?;
    let (look, bundle) = (&arguments.look, bundle.as_ref());
    let observation = look::wait(look::observed(look, bundle, &target, &to_look_for, Depth::Shape))?;
    let report = compare(requirements, &observation, Depth::Shape);
    let options = arguments.options.options(bundle);
    let plan = plan_with(&history, requirements, &observation, &report, &options);
    let mut plan = look::wait(look::under_terms(look, bundle, &target, plan))?;
    let rows = if arguments.check_data { Rows::Check } else { Rows::Skip };
    look::wait(look::preflight(look, bundle, &target, &mut plan, rows))?;
    let text = match arguments.format {
        Format::Sql => render::sql::render(&plan),
        Format::Json => printable::json(&plan_json::render(&plan)?).into_owned(),
        Format::Markdown => render::markdown::render(&plan),
    };
    write_or_print(&text, arguments.output.as_deref()).map_err(Error::Output)?;
    for problem in report.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        print_error(&problem.to_string());
    }
    Ok(if *read != Outcome::Good {
        *read
    } else if report.has_errors() {
        Outcome::Failed
    } else if is_done(&plan) && report.is_compliant() {
        Outcome::Good
    } else {
        Outcome::Findings
    })
}

/// Whether nothing is left to do, by a plan or by a person.
fn is_done(plan: &Plan) -> bool {
    plan.is_empty() && plan.unplannable.is_empty()
}
