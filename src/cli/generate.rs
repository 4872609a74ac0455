//! `schema-audit generate`: features from a live database.

use std::path::{Path, PathBuf};

use clap::ValueEnum;

use super::connection::{Connection, block_on, duration};
use super::{Outcome, database, print, print_error, print_warning};
use crate::core::generate::{FeaturePer, Generated, Glob, Options, Selection, label};
use crate::postgres::{self, Limits, Target};

mod directory;
mod yaml;

/// Write the features of a live database: a FeatureSet whose SQL makes what is there.
///
/// The document holds the definitions of schemas, extensions, types, tables, indexes, views, functions, triggers,
/// policies and all else that audits know, with comments and privileges, in an order in which they can be created; never
/// a row of a table. An audit of the same database with it is compliant.
///
/// Left out, and named on standard error: what audits do not know (base types in C, transforms, subscriptions, security
/// labels, triggers that only a partition disables), invalid indexes, and options of foreign servers and user mappings
/// that may be secrets. Never written, and not named: passwords, settings of roles and of the database, privileges on
/// the database, tablespaces, what owners took from themselves, and comments on what belongs to an extension.
///
/// Exit codes: 0 all is written; 2 it could not be done, or something was left out (the rest is written all the same).
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES, after_long_help = AFTER_LONG_HELP)]
pub(super) struct Arguments {
    #[command(flatten)]
    connection: Connection,

    /// Only this schema. May be given several times; without it, all schemas but those of the system.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    schema: Vec<String>,

    /// Only objects whose name matches, with what is on them. May be given several times.
    ///
    /// A * is any text and a ? any character; a pattern with a dot is held against schema.name, one without against
    /// the name. Indexes, constraints, triggers and policies come with their table.
    #[arg(long, value_name = "PATTERN", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    include: Vec<String>,

    /// No objects whose name matches. May be given several times; wins over --include.
    #[arg(long, value_name = "PATTERN", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    exclude: Vec<String>,

    /// Also the roles that the objects name, with what these are members of; without passwords and settings.
    #[arg(long)]
    roles: bool,

    /// Also who owns each object.
    #[arg(long)]
    owners: bool,

    /// How objects are grouped to features.
    #[arg(long, value_name = "GROUP", value_enum, default_value_t = Per::Schema)]
    feature_per: Per,

    /// The name of the feature set; without it, that of the database.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    name: Option<String>,

    /// The form: one document, or a directory of .sql files, one for each feature.
    #[arg(long, value_enum, default_value_t = Format::Yaml)]
    format: Format,

    /// Where to write: a file, or with --format sql-directory a directory; without it, standard output.
    #[arg(long, short, value_name = "PATH", required_if_eq("format", "sql-directory"))]
    output: Option<PathBuf>,

    /// The longest that it may take, connection included.
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    timeout: std::time::Duration,

    /// The longest wait for a lock that another session holds; then nothing is written.
    #[arg(long, value_name = "DURATION", default_value = "5s", value_parser = duration)]
    lock_timeout: std::time::Duration,
}

const EXAMPLES: &str = "\
Examples:
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'
  schema-audit generate --output features.yaml
  schema-audit generate --schema crm --exclude '*_backup' --feature-per prefix
  schema-audit generate --format sql-directory --output schema/";

const AFTER_LONG_HELP: &str = "\
Examples:
  # What this database has, as a document for kubectl and for audits
  export DATABASE_URL='postgres://auditor:secret@db.example.com/shop'
  schema-audit generate --output features.yaml
  kubectl apply -f features.yaml
  schema-audit audit --features features.yaml

  # Tables with the same first word are a feature: email_accounts, email_threads
  schema-audit generate --schema crm --feature-per prefix

  # Without backups
  schema-audit generate --exclude '*_backup' --exclude 'staging.*'

  # SQL files, one for each feature, numbered in the order in which they run
  schema-audit generate --format sql-directory --output schema/";

/// How objects are grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Per {
    /// One feature for each schema
    Schema,
    /// One feature for each first word that the names of two tables share, and one for the rest
    Prefix,
    /// One feature
    None,
}

/// The forms of the result.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A FeatureSet
    Yaml,
    /// A .sql file for each feature
    SqlDirectory,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    #[error(transparent)]
    Database(#[from] database::Error),
    #[error("the features could not be read from the database: {0}")]
    Connection(#[from] postgres::Error),
    #[error("the work could not be started: {0}")]
    Runtime(#[source] std::io::Error),
    #[error("there is nothing in the database that was asked for: no object {0}")]
    Nothing(String),
    #[error(
        "a feature set holds at most {limit} {what}, and these are {count}: take fewer schemas with --schema, or group \
         otherwise with --feature-per"
    )]
    TooMuch { what: &'static str, count: usize, limit: usize },
    #[error("{0}")]
    Output(String),
}

/// Runs the subcommand.
pub(super) fn run(arguments: &Arguments) -> Outcome {
    match generate(arguments) {
        Ok(outcome) => outcome,
        Err(error) => {
            print_error(&error.to_string());
            Outcome::Failed
        }
    }
}

fn generate(arguments: &Arguments) -> Result<Outcome, Error> {
    let target = arguments.connection.target()?;
    let globs = |patterns: &[String]| patterns.iter().map(|pattern| Glob::new(pattern)).collect();
    let selection = Selection {
        schemas: arguments.schema.clone(),
        include: globs(&arguments.include),
        exclude: globs(&arguments.exclude),
    };
    let name = arguments.name.as_deref().unwrap_or_else(|| target.database());
    let feature_per = match arguments.feature_per {
        Per::Schema => FeaturePer::Schema,
        Per::Prefix => FeaturePer::Prefix,
        Per::None => FeaturePer::None,
    };
    let options = Options {
        name: label(name, "features"),
        selection,
        feature_per,
        roles: arguments.roles,
        owners: arguments.owners,
    };
    let limits = Limits { total: arguments.timeout, lock: arguments.lock_timeout };
    let generated = from_database(&target, &options, &limits)?;
    if generated.objects == 0 {
        return Err(Error::Nothing(asked_for(arguments)));
    }
    match (arguments.format, &arguments.output) {
        (Format::SqlDirectory, Some(path)) => directory::write_files(path, &generated.set)?,
        (_, output) => write_document(&yaml::document(&generated.set)?, output.as_deref())?,
    }
    Ok(tell(&generated))
}

/// Features from a database, on a runtime of their own.
pub(super) fn from_database(target: &Target, options: &Options, limits: &Limits) -> Result<Generated, Error> {
    Ok(block_on(postgres::generate(target, options, limits)).map_err(Error::Runtime)??)
}

/// Says what is not in the result, objects and single options of them, and how it ended.
pub(super) fn tell(generated: &Generated) -> Outcome {
    for note in &generated.outside {
        print_warning(note);
    }
    for left_out in &generated.left_out {
        print_warning(&format!("left out: {left_out}"));
    }
    match generated.left_out.len() {
        0 => return Outcome::Good,
        1 => print_error("the features are not whole: 1 thing is left out"),
        count => print_error(&format!("the features are not whole: {count} things are left out")),
    }
    Outcome::Failed
}

/// The selection in words.
fn asked_for(arguments: &Arguments) -> String {
    let Arguments { schema, include, exclude, .. } = arguments;
    let mut words = Vec::new();
    for (name, values) in [("in schema", schema), ("like", include), ("unlike", exclude)] {
        if !values.is_empty() {
            words.push(format!("{name} {}", values.join(" or ")));
        }
    }
    if words.is_empty() { "outside of the system's schemas".to_owned() } else { words.join(", ") }
}

fn write_document(document: &str, output: Option<&Path>) -> Result<(), Error> {
    if document.len() > yaml::KUBERNETES_BYTES {
        print_warning(
            "the document is larger than Kubernetes takes (1 MiB): for a cluster, generate single schemas, or SQL files \
             for ConfigMaps with --format sql-directory",
        );
    }
    match output {
        None => print(document).map_err(Error::Output),
        Some(path) => write(path, document),
    }
}

fn write(path: &Path, text: &str) -> Result<(), Error> {
    std::fs::write(path, text)
        .map_err(|error| Error::Output(format!("{} cannot be written: {error}", path.display())))
}
