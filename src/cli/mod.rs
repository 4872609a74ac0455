//! The command line: one file per subcommand. The only place that reads flags and the environment.
//!
//! What was asked for goes to standard output, what went wrong to standard error. Exit codes: see [`Outcome`].

use std::io::{self, IsTerminal as _, Write};
use std::path::Path;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Parser, Subcommand};

use crate::core::sql::parse::on_big_stack;
use crate::report::{printable, screen};

mod apply;
mod audit;
mod baseline;
mod completions;
mod connection;
mod crd;
mod database;
mod diagnose;
pub mod features;
mod generate;
mod look;
mod mounted;
mod next_step;
mod other_database;
mod plan;
mod refresh;
mod run;

/// How a subcommand ended, and so the exit code: the same for scripts, CI and containers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// 0: done; for an audit, the database carries what is required.
    Good,
    /// 1: the audit was made, and something is missing, different or unknown.
    Findings,
    /// 2: it could not be done, or not in full.
    Failed,
    /// 3: what was approved is not what would be done now; nothing was done.
    Outdated,
    /// 4: nothing was done, and another try may go well.
    Transient,
}

impl From<Outcome> for ExitCode {
    fn from(outcome: Outcome) -> Self {
        Self::from(match outcome {
            Outcome::Good => 0,
            Outcome::Findings => 1,
            Outcome::Failed => 2,
            Outcome::Outdated => 3,
            Outcome::Transient => 4,
        })
    }
}

/// Audits PostgreSQL databases against the features that they must carry.
///
/// A feature is a named group of database objects: tables, columns, functions, triggers, policies, rows. What a feature
/// needs is read from the SQL that creates it, or named in a list. An audit says which of it a database lacks. It only
/// reads, waits for no lock, and its cost grows with what is required, not with the size of the database.
#[derive(Debug, Parser)]
#[command(name = "schema-audit", version, max_term_width = 100, after_help = EXAMPLES)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'

  # What does the database lack of what these SQL files create?
  schema-audit audit --features migrations/

  # Features from a database that has what all others must have
  schema-audit generate --output features.yaml

  # In CI: exit code 0 compliant, 1 findings, 2 error
  schema-audit audit --features features.yaml --format json > report.json

  # The SQL that creates what is missing, to review and to run
  schema-audit plan --features migrations/ --output plan.sql

  # The same, run at once: shown, asked for, backed up, and audited afterwards
  schema-audit apply --features migrations/ --backup before.dump

  # What is amiss in the database, whatever its features need?
  schema-audit diagnose

Run 'schema-audit COMMAND --help' for the options of a command.";

#[derive(Debug, Subcommand)]
enum Command {
    Audit(audit::Arguments),
    Plan(plan::Arguments),
    Apply(Box<apply::Arguments>),
    Generate(generate::Arguments),
    Diagnose(diagnose::Arguments),
    Refresh(refresh::Arguments),
    Run(run::Arguments),
    Crd(crd::Arguments),
    Completions(completions::Arguments),
}

/// Runs the command line of this process.
#[must_use]
pub fn main() -> ExitCode {
    // A second installation is refused, which changes nothing: the provider is the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let outcome = match CommandLine::try_parse() {
        Ok(command_line) => dispatch(command_line.command),
        Err(message) => return print_usage(message),
    };
    outcome.into()
}

fn dispatch(command: Command) -> Outcome {
    match command {
        // All on the parser's stack: memory that one thread gave back is not had again by another one.
        Command::Audit(arguments) => on_big_stack(|| audit::run(&arguments)),
        Command::Plan(arguments) => on_big_stack(|| plan::run(&arguments)),
        Command::Apply(arguments) => on_big_stack(|| apply::run(&arguments)),
        Command::Generate(arguments) => generate::run(&arguments),
        Command::Diagnose(arguments) => diagnose::run(&arguments),
        Command::Refresh(arguments) => refresh::run(&arguments),
        Command::Run(arguments) => run::run(&arguments),
        Command::Crd(arguments) => crd::run(&arguments),
        Command::Completions(arguments) => completions::run(&arguments),
    }
}

/// Help and version go to standard output with exit code 0, mistakes to standard error with 2.
fn print_usage(mut message: clap::Error) -> ExitCode {
    if let Some(tip) = tip(&message) {
        message.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip.into()]));
    }
    // Nobody is left to hear about a closed stream.
    let _ = message.print();
    if message.use_stderr() { Outcome::Failed.into() } else { Outcome::Good.into() }
}

/// What to say to who names a feature document as most programs take a file.
fn tip(message: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = message.get(ContextKind::InvalidArg) else { return None };
    let is_path = message.kind() == ErrorKind::UnknownArgument && !word.starts_with('-');
    (is_path && Path::new(word).exists())
        .then(|| format!("to name a feature document, use '--features {word}'"))
}

/// Writes the result of a command to standard output. A reader that has seen enough (`| head`) is no failure.
fn print(text: &str) -> Result<(), String> {
    let mut stream = anstream::stdout().lock();
    match stream.write_all(text.as_bytes()).and_then(|()| stream.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(format!("the result cannot be written to standard output: {error}"))
        }
        Ok(()) | Err(_) => Ok(()),
    }
}

/// Writes the result of a command to a file, or without one to standard output.
fn write_or_print(text: &str, output: Option<&Path>) -> Result<(), String> {
    match output {
        None => print(text),
        Some(path) => std::fs::write(path, text)
            .map_err(|error| format!("{} cannot be written: {error}", path.display())),
    }
}

/// As [`write_or_print`], for a text with styles, of which a file gets none.
fn publish(text: &str, output: Option<&Path>) -> Result<(), String> {
    match output {
        None => print(text),
        Some(_) => write_or_print(&anstream::adapter::strip_str(text).to_string(), output),
    }
}

/// The terminal that a result is shown on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Terminal {
    /// Whether it is one, and no file, pipe or the like.
    is_there: bool,
    /// How wide it is, where that is known.
    columns: Option<usize>,
}

impl Terminal {
    /// That of standard output, unless there is a file to write.
    fn of(output: Option<&Path>) -> Self {
        let is_there = output.is_none() && io::stdout().is_terminal();
        let size = if is_there { terminal_size::terminal_size_of(io::stdout()) } else { None };
        Self::with(is_there, size)
    }

    /// That of standard error.
    fn of_errors() -> Self {
        let is_there = io::stderr().is_terminal();
        let size = if is_there { terminal_size::terminal_size_of(io::stderr()) } else { None };
        Self::with(is_there, size)
    }

    fn with(is_there: bool, size: Option<(terminal_size::Width, terminal_size::Height)>) -> Self {
        Self { is_there, columns: size.map(|(terminal_size::Width(columns), _)| columns.into()) }
    }
}

/// Writes one mistake to standard error.
fn print_error(message: &str) {
    const ERROR: anstyle::Style = anstyle::AnsiColor::Red.on_default().bold();
    tell(&format!("{ERROR}error:{ERROR:#} {}", printable::lines(message)));
}

/// Writes a warning to standard error.
fn print_warning(message: &str) {
    const WARNING: anstyle::Style = anstyle::AnsiColor::Yellow.on_default().bold();
    tell(&format!("{WARNING}warning:{WARNING:#} {}", printable::lines(message)));
}

/// Writes to standard error. Where that is closed, the exit code has to do.
fn tell(message: &str) {
    let lines: Vec<String> = message.lines().map(str::to_owned).collect();
    let lines = screen::fit(&lines, Terminal::of_errors().columns);
    let _ = writeln!(anstream::stderr(), "{}", lines.join("\n"));
}

#[cfg(test)]
mod tests;
