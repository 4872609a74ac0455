//! `schema-audit audit`: one audit of one database, without a cluster.

use std::io::IsTerminal;
use std::path::PathBuf;

use clap::ValueEnum;

use super::next_step::next_steps;
use super::{Outcome, baseline, database, features, other_database, print, print_error, print_warning};
use crate::api::duration::Duration;
use crate::core::audit::compare::{Depth, compare_with};
use crate::core::audit::definitions::Definitions;
use crate::core::audit::observation::Observation;
use crate::core::audit::report::Report;
use crate::core::audit::requirement::{Requirements, Selection};
use crate::core::feature::FeatureSet;
use crate::core::name::Identifier;
use crate::core::problem::Severity;
use crate::postgres::{self, Limits, Target};
use crate::report::{json, table};

/// Audit one database: say what it lacks of what features need, without a cluster.
///
/// Exit codes: 0 the database carries all that is required; 1 something is missing, different, drifted or unknown; 2 the audit
/// could not be made, or a part of the feature documents could not be read (the rest is audited all the same).
#[derive(Debug, clap::Args)]
#[expect(clippy::doc_markdown, reason = "the comments on the fields are help texts, without Markdown")]
#[expect(clippy::struct_excessive_bools, reason = "each one is a flag of the command line")]
#[command(after_help = EXAMPLES, after_long_help = AFTER_LONG_HELP)]
pub(super) struct Arguments {
    /// The feature documents: a FeatureSet in YAML, a .sql file, or a directory of either. May be given several times.
    ///
    /// A .sql file is a feature named after the file, and a directory of .sql files is a feature set in the order of
    /// their names: a directory of migrations works as it is.
    #[arg(long, value_name = "PATH", required_unless_present = "features_from_url")]
    pub(super) features: Vec<PathBuf>,

    /// Instead of documents: another database, which has what this one must have. What it holds is read as by generate.
    ///
    /// Nothing of PGHOST and its like is taken for this one, so that no password goes to the wrong server; those of
    /// PGPASSFILE are. In place of a URL, $NAME takes the one in the environment variable NAME, which other users of
    /// the machine cannot see.
    #[arg(long, value_name = "URL", conflicts_with = "features")]
    pub(super) features_from_url: Option<String>,

    /// Only this schema of the other database. May be given several times.
    #[arg(long, value_name = "NAME", requires = "features_from_url",
          value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) features_from_schema: Vec<String>,

    /// Only this feature and those that it depends on. May be given several times; without it, all features.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) feature: Vec<String>,

    /// The database: a postgres:// URL or libpq's "key=value" pairs.
    ///
    /// Arguments of a command can be seen by every user of the machine. Prefer to set DATABASE_URL, or libpq's variables:
    /// PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT, PGPASSFILE and others fill what is not
    /// said here. As with libpq, TLS is used where the server offers it, and verified with sslmode=verify-full.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    database_url: Option<String>,

    /// What names without a schema mean. Wins over the schema of the documents; without either, public.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) schema: Option<String>,

    /// The form of the report.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,

    /// How deep to compare.
    #[arg(long, value_name = "DEPTH", value_enum, default_value_t = Compare::Shape)]
    compare: Compare,

    /// With --compare drift: the file with what was accepted. If it is not there yet, the first compliant audit writes it.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,

    /// Accept the present state: write it to the baseline, once the report is shown.
    #[arg(long, requires = "baseline")]
    accept: bool,

    /// Compare the owners that the SQL states, too.
    ///
    /// Without it, nobody's ALTER ... OWNER TO is a requirement: the same schema is most often owned by another role in
    /// each database.
    #[arg(long)]
    pub(super) owners: bool,

    /// Do not ask the server's planner whether expressions and views mean what is declared: they are not compared then.
    ///
    /// Asking executes nothing, but planning may run functions of the database that are declared immutable or stable, as
    /// the role that audits.
    #[arg(long)]
    no_planner: bool,

    /// Report the components that are there, too.
    #[arg(long)]
    include_present: bool,

    /// Show every component on a line of its own and cut no list.
    #[arg(long)]
    all: bool,

    /// The longest that the audit may take, connection included.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    timeout: std::time::Duration,

    /// The longest wait for a lock that another session holds; what stays locked is reported as unknown.
    #[arg(long, value_name = "DURATION", default_value = "1s", value_parser = duration)]
    lock_timeout: std::time::Duration,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'
  schema-audit audit --features migrations/
  schema-audit audit --features features.yaml --feature email-integration --all
  schema-audit audit --features features.yaml --format json | jq '.missing.tables'";

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
  schema-audit audit --features-from-url '$STAGING_URL' --features-from-schema crm

  # What changed since it was accepted, beyond what the SQL declares? The first run writes the baseline
  schema-audit audit --features migrations/ --compare drift --baseline shop.baseline.json

  # For scripts: the format is described in docs/report-format.md
  schema-audit audit --features features.yaml --format json | jq '.missing.tables'

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

pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    match text.parse::<Duration>() {
        Ok(duration) if duration.get().is_zero() => Err("it must be longer than nothing".to_owned()),
        Ok(duration) => Ok(duration.get()),
        Err(error) => Err(error.to_string()),
    }
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
enum Error {
    #[error(transparent)]
    Features(#[from] features::Error),
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error("the database of --features-from-url: {0}")]
    Other(#[from] other_database::Error),
    #[error(
        "{paths}: nothing that is audited is required{}; name objects under requires, or add the SQL that creates them",
        passed_over(*.not_modelled)
    )]
    NothingRequired { paths: String, not_modelled: usize },
    #[error(transparent)]
    Baseline(#[from] baseline::Error),
    #[error("the database could not be audited: {0}")]
    Connection(#[from] postgres::Error),
    #[error("the audit could not be started: {0}")]
    Runtime(#[source] std::io::Error),
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
    let other = arguments.features_from_url.as_deref();
    let limits = Limits { total: arguments.timeout, lock: arguments.lock_timeout };
    let (sets, read) = match other {
        Some(url) => other_database::features(url, &arguments.features_from_schema, &limits)?,
        None => (features::load(&arguments.features)?, Outcome::Good),
    };
    let requirements = requirements(&sets, arguments);
    if requirements.components.is_empty() {
        return nothing_required(&requirements, arguments);
    }
    let baseline = match (&arguments.baseline, arguments.compare) {
        (Some(path), Compare::Drift) => Some((path, baseline::read(path)?)),
        (None, Compare::Drift) => return Err(baseline::Error::NotGiven.into()),
        (Some(_), _) => return Err(baseline::Error::NotWanted.into()),
        (None, _) => None,
    };
    let database::Database { target, warnings } =
        database::database(arguments.database_url.as_deref(), &database::process_environment)?;
    for warning in warnings {
        print_warning(&warning);
    }
    let definitions = if arguments.no_planner { Definitions::NoPlanner } else { Definitions::Ask };
    let (depth, definitions) = match arguments.compare {
        Compare::Drift => (Depth::Drift, definitions),
        Compare::Shape => (Depth::Shape, definitions),
        Compare::Presence => (Depth::Presence, Definitions::Skip),
    };
    let observation = observe(&target, &requirements, &limits, definitions, depth)?;
    let accepted = baseline.as_ref().and_then(|(_, accepted)| accepted.as_ref());
    let (report, watched) = compare_with(&requirements, &observation, depth, accepted.into());
    let outcome = publish(&report, arguments)?;
    if let Some((path, previous)) = &baseline {
        baseline::update(path, previous.as_ref(), &report, &watched, arguments.accept)?;
    }
    // What could not be read of the other database was not audited.
    Ok(if read == Outcome::Good { outcome } else { read })
}

/// The requirements of all sets. A name of a feature counts in the sets that have it; the first set has to answer for
/// a name that none of them has.
fn requirements(sets: &[FeatureSet], arguments: &Arguments) -> Requirements {
    let schema = arguments.schema.as_deref().map(Identifier::new);
    let has = |set: &FeatureSet, name: &str| set.features.iter().any(|feature| *feature.name == *name);
    let mut all = Vec::new();
    for (position, set) in sets.iter().enumerate() {
        let nobodys = |name: &str| position == 0 && !sets.iter().any(|set| has(set, name));
        let features: Vec<String> =
            arguments.feature.iter().filter(|name| has(set, name) || nobodys(name)).cloned().collect();
        // No name would mean every feature.
        if arguments.feature.is_empty() || !features.is_empty() {
            all.push(Requirements::of(
                set,
                &Selection { features, schema: schema.clone(), owners: arguments.owners },
            ));
        }
    }
    Requirements::merge(all)
}

/// An empty requirement is met by every database, which would make a wrong path look like a good audit.
fn nothing_required(requirements: &Requirements, arguments: &Arguments) -> Result<Outcome, Error> {
    let (errors, others): (Vec<_>, Vec<_>) =
        requirements.problems.iter().partition(|problem| problem.severity == Severity::Error);
    if errors.is_empty() {
        let mut paths: Vec<String> =
            arguments.features.iter().map(|path| path.display().to_string()).collect();
        if arguments.features_from_url.is_some() {
            paths.push("the database of --features-from-url".to_owned());
        }
        return Err(Error::NothingRequired { paths: paths.join(", "), not_modelled: others.len() });
    }
    for problem in errors {
        print_error(&problem.to_string());
    }
    Ok(Outcome::Failed)
}

/// What to say of statements that are there, but are not audited.
fn passed_over(not_modelled: usize) -> String {
    match not_modelled {
        0 => String::new(),
        1 => " (1 statement is not audited by this version)".to_owned(),
        count => format!(" ({count} statements are not audited by this version)"),
    }
}

fn observe(
    target: &Target,
    requirements: &Requirements,
    limits: &Limits,
    definitions: Definitions,
    depth: Depth,
) -> Result<Observation, Error> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Runtime)?;
    let observation = runtime.block_on(async {
        match depth {
            Depth::Drift => postgres::observe_for_drift(target, requirements, limits, definitions).await,
            Depth::Shape | Depth::Presence => {
                postgres::observe_with(target, requirements, limits, definitions).await
            }
        }
    });
    // A look-up of a host name that hangs must not hold up the answer.
    runtime.shutdown_background();
    Ok(observation?)
}

fn publish(report: &Report, arguments: &Arguments) -> Result<Outcome, Error> {
    let text = match arguments.format {
        Format::Json => json::render(report, json::Options { include_present: arguments.include_present })?,
        Format::Table => table(report, arguments),
    };
    let printed = print(&text);
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
    let detail = if arguments.all {
        table::Detail::All
    } else if std::io::stdout().is_terminal() {
        table::Detail::Screen
    } else {
        table::Detail::Whole
    };
    let next = next_steps(report, arguments, detail, arguments.database_url.is_some());
    table::render(report, &table::Options { detail, include_present: arguments.include_present, next })
}
