//! `schema-audit refresh`: refreshes materialized views, each after those that it reads.

use std::collections::BTreeSet;
use std::time::Duration;

use clap::builder::NonEmptyStringValueParser;

use super::connection::{Connection, block_on, duration};
use super::{Outcome, database, print, print_error};
use crate::core::diagnose::question::Scope;
use crate::core::name::{Identifier, QualifiedName};
use crate::core::refresh::{Step, View, WantedName, steps};
use crate::postgres::refresh::Refresher;
use crate::postgres::{self, Limits};
use crate::report::printable::one_line;

/// Refresh materialized views, each after those that it reads.
///
/// Writes to the database: it runs REFRESH MATERIALIZED VIEW for every materialized view, or for those that are named,
/// CONCURRENTLY where the view is populated and has a unique index that allows it, so that readers go on. What a view
/// reads is followed through views, not through functions. Each refresh is a transaction of its own; one that fails stops
/// only those that read its view.
///
/// Exit codes: 0 all were refreshed, or there is none; 1 one failed or was skipped; 2 nothing could be done.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,

    /// Only the views of this schema. May be given several times.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    schema: Vec<String>,

    /// Only this view, with or without its schema. May be given several times. What it reads is not refreshed with it.
    #[arg(long, value_name = "NAME", value_parser = view_name)]
    view: Vec<WantedView>,

    /// Only views that hold no data yet.
    #[arg(long)]
    only_unpopulated: bool,

    /// Print the statements in order, and run none.
    #[arg(long)]
    dry_run: bool,

    /// The longest wait for a lock that another session holds.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    lock_timeout: Duration,

    /// The longest that one refresh may take.
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    statement_timeout: Duration,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://owner:secret@db.example.com/shop'
  schema-audit refresh --dry-run
  schema-audit refresh --schema reporting
  schema-audit refresh --view reporting.totals --statement-timeout 10m
  schema-audit refresh --only-unpopulated";

/// The time for connecting and for reading the catalog.
const CONNECTING: Duration = Duration::from_secs(30);

/// A name of a view, with the text that it came from.
#[derive(Debug, Clone)]
struct WantedView {
    name: WantedName,
    text: String,
}

fn view_name(text: &str) -> Result<WantedView, String> {
    let name = WantedName::parse(text)
        .ok_or("it is not a name: write view, schema.view, or \"Quoted\".\"Names\" as in SQL")?;
    Ok(WantedView { name, text: text.to_owned() })
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error("nothing was refreshed: {0}")]
    Connection(#[from] postgres::Error),
    #[error("nothing was refreshed: {0}")]
    Runtime(#[from] std::io::Error),
    #[error("nothing was refreshed: there is no materialized view {names} in the database {database}{place}")]
    NoSuchView { names: String, database: String, place: &'static str },
    #[error("{0}")]
    Output(String),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    let refreshed = arguments
        .connection
        .target()
        .map_err(Error::from)
        .and_then(|target| block_on(refresh(&target, arguments)).map_err(Error::from)?);
    refreshed.unwrap_or_else(|error| {
        print_error(&error.to_string());
        Outcome::Failed
    })
}

async fn refresh(target: &postgres::Target, arguments: &Arguments) -> Result<Outcome, Error> {
    let scope = Scope {
        schemas: arguments.schema.iter().map(|schema| Identifier::new(schema)).collect(),
        extensions: true,
        ..Scope::default()
    };
    let limits = Limits { total: CONNECTING, lock: arguments.lock_timeout };
    let (refresher, views) = Refresher::open(target, &scope, &limits).await?;
    let outcome = match chosen(views, arguments, &refresher.database) {
        Ok(views) => run_steps(&refresher, &steps(&views), arguments).await,
        Err(error) => Err(error),
    };
    refresher.close().await;
    outcome
}

/// The views that are asked for. A name that is none must not look like a job done.
fn chosen(views: Vec<View>, arguments: &Arguments, database: &str) -> Result<Vec<View>, Error> {
    let unknown: Vec<&str> = arguments
        .view
        .iter()
        .filter(|wanted| !views.iter().any(|view| wanted.name.is(&view.name)))
        .map(|wanted| wanted.text.as_str())
        .collect();
    if !unknown.is_empty() {
        let place = if arguments.schema.is_empty() { "" } else { ", in the schemas of --schema" };
        let database = Identifier::new(database).to_string();
        return Err(Error::NoSuchView { names: unknown.join(", "), database, place });
    }
    let wanted = |view: &View| {
        (arguments.view.is_empty() || arguments.view.iter().any(|wanted| wanted.name.is(&view.name)))
            && !(arguments.only_unpopulated && view.populated)
    };
    Ok(views.into_iter().filter(wanted).collect())
}

async fn run_steps(refresher: &Refresher, steps: &[Step], arguments: &Arguments) -> Result<Outcome, Error> {
    if arguments.dry_run {
        for step in steps {
            print(&format!("{};\n", step.sql())).map_err(Error::Output)?;
        }
        return Ok(Outcome::Good);
    }
    let database = Identifier::new(&refresher.database);
    if steps.is_empty() {
        say(&format!("There is no materialized view to refresh in the database {database}"))?;
        return Ok(Outcome::Good);
    }
    let views = if steps.len() == 1 { "materialized view" } else { "materialized views" };
    let role = Identifier::new(&refresher.role);
    say(&format!("Refreshing {} {views} in the database {database} as {role}", steps.len()))?;
    let mut not_done: BTreeSet<&QualifiedName> = BTreeSet::new();
    for step in steps {
        if let Some(cause) = step.after.iter().find(|read| not_done.contains(read)) {
            not_done.insert(&step.view);
            say(&format!("  skipped    {}: it reads {cause}, which was not refreshed", step.view))?;
            continue;
        }
        let done = tokio::select! {
            done = refresher.refresh(step, arguments.lock_timeout, arguments.statement_timeout) => done,
            _ = tokio::signal::ctrl_c() => {
                refresher.cancel().await;
                say(&format!("  stopped    {}", step.view))?;
                return Ok(Outcome::Failed);
            }
        };
        match done {
            Ok(took) => {
                let how = if step.concurrently { ", concurrently" } else { "" };
                say(&format!("  refreshed  {} in {}{how}", step.view, spoken(took)))?;
            }
            Err(reason) => {
                not_done.insert(&step.view);
                say(&format!("  failed     {}: {reason}", step.view))?;
            }
        }
    }
    if not_done.is_empty() {
        return Ok(Outcome::Good);
    }
    say(&format!("{} of {} were not refreshed", not_done.len(), steps.len()))?;
    Ok(Outcome::Findings)
}

/// One line as soon as it is known.
fn say(line: &str) -> Result<(), Error> {
    print(&format!("{}\n", one_line(line))).map_err(Error::Output)
}

/// A duration for people: `12 ms`, `3.4 s`, `2 min 5 s`.
fn spoken(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..60 => format!("{:.1} s", duration.as_secs_f64()),
        seconds => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_short() {
        for (milliseconds, text) in [(12, "12 ms"), (3_440, "3.4 s"), (125_000, "2 min 5 s")] {
            assert_eq!(spoken(Duration::from_millis(milliseconds)), text);
        }
    }
}
