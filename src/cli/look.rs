//! One look at one database: the options, the requirements and the connection that `audit`, `plan` and `apply` share.

use std::path::PathBuf;

use super::connection::{Connection, Named, block_on, duration};
use super::{Outcome, database, features, mounted, other_database, print_error};
use crate::bundle::{Bundle, Wanted};
use crate::core::audit::compare::Depth;
use crate::core::audit::definitions::Definitions;
use crate::core::audit::observation::Observation;
use crate::core::audit::requirement::{Requirements, Selection};
use crate::core::feature::FeatureSet;
use crate::core::name::Identifier;
use crate::core::plan::{History, Plan};
use crate::core::problem::Severity;
use crate::postgres::apply::backup::Variables;
use crate::postgres::preflight::Rows;
use crate::postgres::{self, Limits, Target};

/// What is wanted, and of which database.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
pub(super) struct Arguments {
    /// The feature documents: a FeatureSet in YAML, a .sql file, or a directory of either. May be given several times.
    ///
    /// A .sql file is a feature named after the file, and a directory of .sql files is a feature set in the order of
    /// their names: a directory of migrations works as it is.
    #[arg(long, short, value_name = "PATH", required_unless_present_any = ["features_from_url", "bundle"])]
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

    #[command(flatten)]
    pub(super) connection: Connection,

    /// What names without a schema mean. Wins over the schema of the documents; without either, public.
    #[arg(long, value_name = "NAME", value_parser = clap::builder::NonEmptyStringValueParser::new())]
    pub(super) schema: Option<String>,

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

    /// The longest that one look at the database may take, connection included.
    #[arg(long, value_name = "DURATION", default_value = "30s", value_parser = duration)]
    timeout: std::time::Duration,

    /// The longest wait for a lock that another session holds, where the command does not say otherwise; what stays
    /// locked is reported as unknown.
    #[arg(skip = LOCK_TIMEOUT)]
    pub(super) lock_timeout: std::time::Duration,

    /// Instead of documents: the directory of a bundle, which the operator made.
    #[arg(long, value_name = "DIRECTORY", hide = true, requires = "secret_directory",
          conflicts_with_all = ["features", "features_from_url", "feature", "schema", "owners", "no_planner"])]
    pub(super) bundle: Option<PathBuf>,

    /// The directory whose files are the keys of the Secret with the connection.
    #[arg(long, value_name = "DIRECTORY", hide = true, requires = "bundle")]
    pub(super) secret_directory: Option<PathBuf>,

    /// The directory whose files are the keys of the Secret with the certificates of the authority.
    #[arg(long, value_name = "DIRECTORY", hide = true, requires = "bundle")]
    pub(super) ca_directory: Option<PathBuf>,
}

/// The wait for a lock of a look.
pub(super) const LOCK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(1);

/// Why there was no look.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
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
    #[error("the database could not be audited: {0}")]
    Connection(#[from] postgres::Error),
    #[error("the audit could not be started: {0}")]
    Runtime(#[source] std::io::Error),
    #[error(transparent)]
    Mounted(#[from] mounted::Error),
}

impl Error {
    /// Whether the same may go well another time.
    pub(super) fn is_transient(&self) -> bool {
        matches!(self, Self::Connection(error) if error.failure.is_transient())
    }
}

/// What is required.
#[derive(Debug)]
pub(super) struct Required {
    /// The documents, and what is wanted of each.
    pub wanted: Vec<(FeatureSet, Selection)>,
    /// What they require. Where that is nothing, it is because none of them could be read, and that was said.
    pub requirements: Requirements,
    /// Whether all could be read of the other database, where they come from one.
    pub read: Outcome,
    /// The bundle that they come from, where they do.
    pub bundle: Option<Bundle>,
}

impl Required {
    /// The statements of what is wanted.
    pub(super) fn history(&self) -> History {
        let wanted: Vec<_> = self.wanted.iter().map(|(set, selection)| (set, selection.clone())).collect();
        History::of(&wanted)
    }
}

/// Reads the documents.
pub(super) fn required(arguments: &Arguments) -> Result<Required, Error> {
    let mut bundle = arguments.bundle.as_deref().map(mounted::bundle).transpose()?;
    let (wanted, read) = match (&mut bundle, arguments.features_from_url.as_deref()) {
        (Some(bundle), _) => {
            let wanted = std::mem::take(&mut bundle.wanted).into_iter();
            (wanted.map(|Wanted { set, selection }| (set, selection)).collect(), Outcome::Good)
        }
        (None, Some(url)) => {
            let (sets, read) = other_database::features(
                url,
                &arguments.features_from_schema,
                arguments.owners,
                &limits(arguments),
            )?;
            (selections(sets, arguments), read)
        }
        (None, None) => (selections(features::load(&arguments.features)?, arguments), Outcome::Good),
    };
    let requirements =
        Requirements::merge(wanted.iter().map(|(set, selection)| Requirements::of(set, selection)).collect());
    if requirements.components.is_empty() {
        nothing_required(&requirements, arguments)?;
    }
    Ok(Required { wanted, requirements, read, bundle })
}

fn limits(arguments: &Arguments) -> Limits {
    Limits { total: arguments.timeout, lock: arguments.lock_timeout }
}

fn limits_of(arguments: &Arguments, bundle: Option<&Bundle>) -> Limits {
    let mut limits = limits(arguments);
    if let Some(bundle) = bundle {
        limits.total = std::time::Duration::from_millis(bundle.look_timeout_milliseconds);
    }
    limits
}

/// What of each set is wanted. A name of a feature counts in the sets that have it; the first set has to answer for
/// a name that none of them has.
fn selections(sets: Vec<FeatureSet>, arguments: &Arguments) -> Vec<(FeatureSet, Selection)> {
    let schema = arguments.schema.as_deref().map(Identifier::new);
    let has = |set: &FeatureSet, name: &str| set.features.iter().any(|feature| *feature.name == *name);
    let mut all = Vec::new();
    for (position, set) in sets.iter().enumerate() {
        let nobodys = |name: &str| position == 0 && !sets.iter().any(|set| has(set, name));
        let features: Vec<String> =
            arguments.feature.iter().filter(|name| has(set, name) || nobodys(name)).cloned().collect();
        // No name would mean every feature.
        let is_wanted = arguments.feature.is_empty() || !features.is_empty();
        all.push(is_wanted.then(|| Selection { features, schema: schema.clone(), owners: arguments.owners }));
    }
    sets.into_iter().zip(all).filter_map(|(set, selection)| Some((set, selection?))).collect()
}

/// An empty requirement is met by every database, which would make a wrong path look like a good audit.
fn nothing_required(requirements: &Requirements, arguments: &Arguments) -> Result<(), Error> {
    let (errors, others): (Vec<_>, Vec<_>) =
        requirements.problems.iter().partition(|problem| problem.severity == Severity::Error);
    if errors.is_empty() {
        let mut paths: Vec<String> =
            arguments.features.iter().map(|path| path.display().to_string()).collect();
        paths.extend(arguments.bundle.as_ref().map(|path| path.display().to_string()));
        if arguments.features_from_url.is_some() {
            paths.push("the database of --features-from-url".to_owned());
        }
        return Err(Error::NothingRequired { paths: paths.join(", "), not_modelled: others.len() });
    }
    for problem in errors {
        print_error(&problem.to_string());
    }
    Ok(())
}

/// What to say of statements that are there, but are not audited.
fn passed_over(not_modelled: usize) -> String {
    match not_modelled {
        0 => String::new(),
        1 => " (1 statement is not audited by this version)".to_owned(),
        count => format!(" ({count} statements are not audited by this version)"),
    }
}

/// The database that the options, the environment or the mounted Secret name. Warnings go to standard error.
pub(super) fn connection(arguments: &Arguments, bundle: Option<&Bundle>) -> Result<Named, Error> {
    if let Some(bundle) = bundle {
        let directory = |path: &Option<PathBuf>| path.clone().unwrap_or_default();
        let authority = arguments.ca_directory.is_some().then(|| directory(&arguments.ca_directory));
        return Ok(mounted::connection(
            bundle,
            &directory(&arguments.secret_directory),
            authority.as_deref(),
        )?);
    }
    let (target, settings) = arguments.connection.target_and_settings()?;
    Ok(Named { target, variables: Variables(settings.variables()) })
}

/// Looks at the database.
pub(super) fn observe(
    arguments: &Arguments,
    bundle: Option<&Bundle>,
    requirements: &Requirements,
    depth: Depth,
) -> Result<Observation, Error> {
    let Named { target, .. } = connection(arguments, bundle)?;
    wait(observed(arguments, bundle, &target, requirements, depth))
}

/// The same in a runtime that is there.
pub(super) async fn observed(
    arguments: &Arguments,
    bundle: Option<&Bundle>,
    target: &Target,
    requirements: &Requirements,
    depth: Depth,
) -> Result<Observation, Error> {
    let limits = limits_of(arguments, bundle);
    let asks_planner = bundle.map_or(!arguments.no_planner, |bundle| bundle.ask_planner);
    let definitions = match depth {
        Depth::Presence => Definitions::Skip,
        _ if !asks_planner => Definitions::NoPlanner,
        Depth::Shape | Depth::Drift => Definitions::Ask,
    };
    Ok(match depth {
        Depth::Drift => postgres::observe_for_drift(target, requirements, &limits, definitions).await,
        Depth::Shape | Depth::Presence => {
            postgres::observe_with(target, requirements, &limits, definitions).await
        }
    }?)
}

/// Looks for what would make a plan fail, after [`observed`].
pub(super) async fn preflight(
    arguments: &Arguments,
    bundle: Option<&Bundle>,
    target: &Target,
    plan: &mut Plan,
    rows: Rows,
) -> Result<(), Error> {
    Ok(postgres::preflight(target, plan, rows, &limits_of(arguments, bundle)).await?)
}

/// The plan under the terms of its bundle, if it is of one: what was approved is of one database, which the Secret of the
/// migration must lead to.
pub(super) async fn under_terms(
    arguments: &Arguments,
    bundle: Option<&Bundle>,
    target: &Target,
    plan: Plan,
) -> Result<Plan, Error> {
    let Some(terms) = bundle.map(|bundle| &bundle.terms).filter(|_| !plan.is_empty()) else {
        return Ok(plan);
    };
    let database = match terms.database {
        Some(_) => postgres::identity(target, &limits_of(arguments, bundle)).await?,
        None => None,
    };
    Ok(plan.with_terms(terms.seen_again(database)))
}

/// Runs what speaks to the database.
pub(super) fn wait<T>(work: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    block_on(work).map_err(Error::Runtime)?
}
