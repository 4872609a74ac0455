//! `schema-audit diagnose`: what is amiss in a database, whatever its features need.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{NonEmptyStringValueParser, PossibleValuesParser};

use super::connection::{Connection, block_on, duration};
use super::{Outcome, Terminal, database, print_error, publish};
use crate::core::diagnose::Diagnosis;
use crate::core::diagnose::check::CHECKS;
use crate::core::diagnose::question::Scope;
use crate::core::name::Identifier;
use crate::postgres::{self, Limits};
use crate::report::diagnosis::{json, markdown, table};

/// Diagnose one database: its objects, their sizes, and what is amiss with them, with what to do.
///
/// Missing, duplicate, unused and invalid indexes, tables without a primary key, row-level security that protects nothing,
/// sequences near their end and more: docs/diagnose.md says when exactly each is found. Nothing is changed, and no lock is
/// waited for longer than --lock-timeout. What the role cannot see is said.
///
/// Exit codes: 0 nothing of severity warning or above; 1 something; 2 the diagnosis could not be made.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,

    /// Only this schema. May be given several times; without it, all but the server's own.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    schema: Vec<String>,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// Make only this check. May be given several times.
    #[arg(long, value_name = "NAME", value_parser = check_names(), hide_possible_values = false)]
    check: Vec<String>,

    /// Do not make this check. May be given several times.
    #[arg(long, value_name = "NAME", value_parser = check_names(), hide_possible_values = true)]
    skip: Vec<String>,

    /// The file to write; without it, standard output.
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,

    /// List every object by name, policies with their command.
    #[arg(long)]
    objects: bool,

    /// Also look at what belongs to extensions.
    #[arg(long)]
    include_extensions: bool,

    /// Show the size of every table and cut no list.
    #[arg(long)]
    all: bool,

    /// The longest that the diagnosis may take, connection included.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    timeout: std::time::Duration,

    /// The longest wait for a lock that another session holds; what stays locked is reported as undecided.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    lock_timeout: std::time::Duration,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'
  schema-audit diagnose
  schema-audit diagnose --schema public --objects --output db_report.txt
  schema-audit diagnose --check foreign-key-without-index --format markdown
  schema-audit diagnose --format json | jq -r '.findings[].remedy[]'";

/// The forms of a report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A report for people
    Table,
    /// A document for programs
    Json,
    /// A report for a ticket or a wiki
    Markdown,
}

fn check_names() -> PossibleValuesParser {
    PossibleValuesParser::new(CHECKS.iter().map(|check| check.name))
}

/// Why there is no diagnosis.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error("the database could not be diagnosed: {0}")]
    Connection(#[from] postgres::Error),
    #[error("the diagnosis could not be started: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("there is no schema {} in the database {database}", .schemas.join(", "))]
    AbsentSchemas { schemas: Vec<String>, database: String },
    #[error("every check is skipped: leave out a --skip")]
    NothingToDo,
    #[error("the diagnosis could not be written as JSON: {0}")]
    Json(#[from] serde_json::Error),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let diagnosed = diagnose(arguments).and_then(|diagnosis| {
        let text = render(&diagnosis, arguments)?;
        Ok((diagnosis, text))
    });
    let (diagnosis, text) = match diagnosed {
        Ok(diagnosed) => diagnosed,
        Err(error) => {
            print_error(&error.to_string());
            return Outcome::Failed;
        }
    };
    if let Err(message) = publish(&text, arguments.output.as_deref()) {
        print_error(&message);
        Outcome::Failed
    } else if diagnosis.needs_attention() {
        Outcome::Findings
    } else {
        Outcome::Good
    }
}

fn diagnose(arguments: &Arguments) -> Result<Diagnosis, Error> {
    let scope = Scope {
        schemas: arguments.schema.iter().map(|schema| Identifier::new(schema)).collect(),
        extensions: arguments.include_extensions,
        names: arguments.objects,
        only: arguments.check.clone(),
        skip: arguments.skip.clone(),
    };
    if scope.checks().is_empty() {
        return Err(Error::NothingToDo);
    }
    let target = arguments.connection.target()?;
    let limits = Limits { total: arguments.timeout, lock: arguments.lock_timeout };
    let diagnosis = block_on(postgres::diagnose(&target, &scope, &limits))??;
    if diagnosis.absent_schemas.is_empty() {
        Ok(diagnosis)
    } else {
        let schemas =
            diagnosis.absent_schemas.iter().map(|schema| Identifier::new(schema).to_string()).collect();
        // A wrong name must not look like a database in order.
        Err(Error::AbsentSchemas {
            schemas,
            database: Identifier::new(&diagnosis.server.database).to_string(),
        })
    }
}

fn render(diagnosis: &Diagnosis, arguments: &Arguments) -> Result<String, Error> {
    Ok(match arguments.format {
        Format::Json => json::render(diagnosis)?,
        Format::Markdown => markdown::render(diagnosis, arguments.all),
        Format::Table => {
            let Terminal { is_there, columns } = Terminal::of(arguments.output.as_deref());
            let screen = !arguments.all && is_there;
            table::render(diagnosis, table::Options { screen, columns, all_tables: arguments.all })
        }
    })
}
