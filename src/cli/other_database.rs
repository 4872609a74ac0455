//! The features of another database: what `--features-from-url` names.

use super::{Outcome, database, generate, print_warning};
use crate::core::feature::FeatureSet;
use crate::core::generate::{FeaturePer, Options, Selection, label};
use crate::postgres::Limits;

/// Why the other database gave no features. Never holds a value of the settings.
#[derive(Debug, thiserror::Error)]
pub(super) enum Error {
    /// The variable is not set.
    #[error("the environment variable {0} is not set")]
    NotSet(String),
    /// Nothing is named.
    #[error("give a postgres:// URL, or the name of an environment variable that holds one, as $NAME")]
    Empty,
    /// The settings cannot be used.
    #[error("{0}")]
    Database(#[from] database::Error),
    /// It could not be read.
    #[error("{0}")]
    Generate(#[from] generate::Error),
    /// It holds nothing.
    #[error("it holds no objects that can be required{0}")]
    Nothing(String),
}

/// The variables that say nothing of one server: the rest is about the database that is audited.
const SHARED: &[&str] =
    &["PGPASSFILE", "PGSSLROOTCERT", "PGCONNECT_TIMEOUT", "HOME", "APPDATA", "USER", "LOGNAME", "USERNAME"];

/// The feature set of the other database, with the owners of its objects where they are wanted, and whether all of it
/// could be read.
pub(super) fn features(
    url: &str,
    schemas: &[String],
    owners: bool,
    limits: &Limits,
) -> Result<(Vec<FeatureSet>, Outcome), Error> {
    let url = resolve(url, &database::process_environment)?;
    let shared = |name: &str| SHARED.contains(&name).then(|| database::process_environment(name)).flatten();
    let database::Database { target, settings: _, warnings } = database::database(Some(&url), &shared)?;
    for warning in warnings {
        print_warning(&warning);
    }
    let options = Options {
        name: label(target.database(), "features"),
        selection: Selection { schemas: schemas.to_vec(), ..Selection::default() },
        feature_per: FeaturePer::Schema,
        owners,
        ..Options::default()
    };
    let generated = generate::from_database(&target, &options, limits)?;
    if generated.objects == 0 {
        let schemas =
            if schemas.is_empty() { String::new() } else { format!(" in schema {}", schemas.join(" or ")) };
        return Err(Error::Nothing(schemas));
    }
    let read = generate::tell(&generated);
    Ok((vec![generated.set], read))
}

/// `$NAME` is what the variable holds.
fn resolve(url: &str, environment: database::Environment<'_>) -> Result<String, Error> {
    let url = match url.trim().strip_prefix('$') {
        Some(name) => environment(name).ok_or_else(|| Error::NotSet(name.to_owned()))?,
        None => url.to_owned(),
    };
    if url.trim().is_empty() { Err(Error::Empty) } else { Ok(url) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_is_named_with_a_dollar_sign() {
        let environment = |name: &str| (name == "STAGING").then(|| "postgres://h/d".to_owned());
        assert_eq!(resolve("$STAGING", &environment).unwrap(), "postgres://h/d");
        assert_eq!(resolve("postgres://x/y", &environment).unwrap(), "postgres://x/y");
        assert_eq!(
            resolve("$OTHER", &environment).unwrap_err().to_string(),
            "the environment variable OTHER is not set"
        );
        assert!(matches!(resolve(" ", &environment), Err(Error::Empty)));
    }
}
