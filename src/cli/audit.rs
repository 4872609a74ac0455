//! `schema-audit audit`: one audit of one database, without a cluster.

use std::path::PathBuf;
use std::time::Duration;

use clap::ValueEnum;

use super::connection::duration;
use super::next_step::next_steps;
use super::{Outcome, Terminal, baseline, look, print_error};
use crate::core::audit::compare::{Depth, compare_with};
use crate::core::audit::report::Report;
use crate::core::problem::Severity;
use crate::report::{json, table};

/// Audit one database: say what it lacks of what features need, without a cluster.
///
/// Exit codes: 0 the database carries all that is required; 1 something is missing, different, drifted or unknown; 2 the audit
/// could not be made, or a part of the feature documents could not be read (the rest is audited all the same).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = AFTER_LONG_HELP)]
#[expect(clippy::struct_excessive_bools, reason = "each is an option of its own")]
pub(super) struct Arguments {
    #[command(flatten)]
    pub(super) look: look::Arguments,

    /// The longest wait for a lock that another session holds; what stays locked is reported as unknown.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    lock_timeout: Duration,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// The file to write; without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Print no report: the exit code says how the audit went, and errors go to standard error.
    #[arg(long, short, conflicts_with_all = ["output", "format", "all", "include_present"])]
    quiet: bool,

    /// How deep to compare.
    #[arg(long, value_name = "DEPTH", value_enum, default_value_t = Compare::Shape)]
    compare: Compare,

    /// With --compare drift: the file with what was accepted. If it is not there yet, the first compliant audit writes it.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Accept the present state: write it to the baseline, once the report is shown.
    #[arg(long, requires = "baseline")]
    accept: bool,

    /// Report the components that are there, too.
    #[arg(long)]
    include_present: bool,

    /// Show every component on a line of its own and cut no list.
    #[arg(long)]
    all: bool,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'
  schema-audit audit --features migrations/
  schema-audit audit --features features.yaml --feature email-integration --all
  schema-audit audit --features shop.yaml --format json | jq '.missing.tables'";

const AFTER_LONG_HELP: &str = "\
Examples:
  # What does the database lack of what these migrations create?
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'
  schema-audit audit --features migrations/

  # One feature of a set, with every missing column on its line
  schema-audit audit --features features.yaml --feature email-integration --all

  # One schema for each tenant
  schema-audit audit --features features.yaml --schema tenant_42

  # What does this database lack of what another one has?
  schema-audit audit --features-from-url '$STAGING' --features-from-schema crm

  # What changed since it was accepted, beyond what the SQL declares?
  # The first run writes the baseline
  schema-audit audit --features migrations/ --compare drift --baseline shop.json

  # For scripts: the format is described in docs/report-format.md
  schema-audit audit --features shop.yaml --format json | jq '.missing.tables'

Environment:
  DATABASE_URL          the database, where --database-url is not given
  PGHOST, PGPORT, ...   libpq's variables, for what the URL leaves open
  PGPASSFILE            the password file (default: ~/.pgpass)
  NO_COLOR              no colours on a terminal";

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A summary for people
    Table,
    /// A document for programs
    Json,
}

/// How deep to compare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Compare {
    /// Types, keys, bodies and all else that the SQL declares
    Shape,
    /// Only whether each component is there
    Presence,
    /// As shape, and whether anything else of what is required changed since it was accepted (--baseline)
    Drift,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Look(#[from] look::Error),
    #[error(transparent)]
    Baseline(#[from] baseline::Error),
    #[error("the report could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    match audit(arguments) {
        Ok(outcome) => outcome,
        Err(error) => {
            print_error(&error.to_string());
            Outcome::Failed
        }
    }
}

fn audit(arguments: &Arguments) -> Result<Outcome, Error> {
    let mut look = arguments.look.clone();
    look.lock_timeout = arguments.lock_timeout;
    let look::Required { requirements, read, bundle, .. } = look::required(&look)?;
    if requirements.components.is_empty() {
        return Ok(Outcome::Failed);
    }
    let baseline = match (&arguments.baseline, arguments.compare) {
        (Some(path), Compare::Drift) => Some((path, baseline::read(path)?)),
        (None, Compare::Drift) => return Err(baseline::Error::NotGiven.into()),
        (Some(_), _) => return Err(baseline::Error::NotWanted.into()),
        (None, _) => None,
    };
    let depth = match arguments.compare {
        Compare::Drift => Depth::Drift,
        Compare::Shape => Depth::Shape,
        Compare::Presence => Depth::Presence,
    };
    let observation = look::observe(&look, bundle.as_ref(), &requirements, depth)?;
    let accepted = baseline.as_ref().and_then(|(_, accepted)| accepted.as_ref());
    let (report, watched) = compare_with(&requirements, &observation, depth, accepted.into());
    let outcome = publish(&report, arguments)?;
    if let Some((path, previous)) = &baseline {
        baseline::update(path, previous.as_ref(), &report, &watched, arguments.accept)?;
    }
    // The process ends now, which gives the memory back at once, and not piece by piece.
    std::mem::forget((requirements, observation, report, watched));
    // What could not be read of the other database was not audited.
    Ok(if read == Outcome::Good { outcome } else { read })
}

fn publish(report: &Report, arguments: &Arguments) -> Result<Outcome, Error> {
    let text = match arguments.format {
        Format::Json => json::render(report, json::Options { include_present: arguments.include_present })?,
        Format::Table => table(report, arguments),
    };
    let printed = if arguments.quiet { Ok(()) } else { super::publish(&text, arguments.output.as_deref()) };
    for problem in report.problems.iter().filter(|problem| problem.severity == Severity::Error) {
        print_error(&problem.to_string());
    }
    if let Err(message) = &printed {
        print_error(message);
    }
    Ok(if printed.is_err() || report.has_errors() {
        Outcome::Failed
    } else if report.is_compliant() {
        Outcome::Good
    } else {
        Outcome::Findings
    })
}

fn table(report: &Report, arguments: &Arguments) -> String {
    let Terminal { is_there, columns } = Terminal::of(arguments.output.as_deref());
    let detail = if arguments.all {
        table::Detail::All
    } else if is_there {
        table::Detail::Screen
    } else {
        table::Detail::Whole
    };
    let next = next_steps(report, &arguments.look, detail);
    let include_present = arguments.include_present;
    table::render(report, &table::Options { detail, include_present, columns, next })
}
