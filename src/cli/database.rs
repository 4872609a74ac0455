//! Which database: `--database-url` or `DATABASE_URL`, then libpq's environment, then libpq's defaults.

use std::path::PathBuf;

use crate::postgres::settings::{Origin, Settings, VARIABLES};
use crate::postgres::{self, Target};

/// Why no database could be made out. Never holds a value of the settings.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Nothing names a database.
    #[error(
        "no database is named: set DATABASE_URL (postgres://user:password@host:5432/database), or PGHOST, PGDATABASE, \
         PGUSER and PGPASSWORD"
    )]
    NotNamed,
    /// `PGSERVICE` is set.
    #[error(
        "PGSERVICE is not supported: unset it, and set DATABASE_URL or PGHOST, PGDATABASE, PGUSER and PGPASSWORD \
         instead"
    )]
    Service,
    /// The settings cannot be used.
    #[error("{0}")]
    Settings(#[from] postgres::Error),
}

/// The database, and what is odd about the settings.
#[derive(Debug)]
pub struct Database {
    /// The database.
    pub target: Target,
    /// What it was made of.
    pub settings: Settings,
    /// Sentences for standard error.
    pub warnings: Vec<String>,
}

/// The variables of a process. Tests bring their own.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The environment of this process. What is not UTF-8 counts as not set.
#[must_use]
pub fn process_environment(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// Finds the database. `connection_string` is what the command line or `DATABASE_URL` says; what it leaves open comes
/// from the environment, in the order of libpq.
pub fn database(connection_string: Option<&str>, environment: Environment<'_>) -> Result<Database, Error> {
    let variable = |name: &str| environment(name).filter(|value| !value.is_empty());
    let connection_string = connection_string.filter(|text| !text.trim().is_empty());
    if variable("PGSERVICE").is_some() {
        return Err(Error::Service);
    }
    let named = ["PGHOST", "PGHOSTADDR", "PGPORT", "PGDATABASE", "PGUSER"];
    if connection_string.is_none() && named.iter().all(|name| variable(name).is_none()) {
        return Err(Error::NotNamed);
    }
    let mut settings = match connection_string {
        Some(text) => Settings::parse(text, Origin::CommandLine)?,
        None => Settings::new(Origin::CommandLine),
    };
    for (name, keyword) in VARIABLES {
        if let Some(value) = variable(name) {
            settings.fill(keyword, &value)?;
        }
    }
    let user = variable("USER").or_else(|| variable("LOGNAME")).or_else(|| variable("USERNAME"));
    settings.fill_defaults(&user.unwrap_or_default())?;
    let mut warnings = Vec::new();
    if let Some(text) = password_file(&variable, &mut warnings) {
        settings.fill_password_from(&text)?;
    }
    Ok(Database { target: Target::new(&settings, None)?, settings, warnings })
}

/// The text of the password file, if there is one that only its owner may read.
fn password_file(variable: &impl Fn(&str) -> Option<String>, warnings: &mut Vec<String>) -> Option<String> {
    let in_home = || variable("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
    let in_profile = || variable("APPDATA").map(|data| PathBuf::from(data).join("postgresql/pgpass.conf"));
    let path = variable("PGPASSFILE")
        .map(PathBuf::from)
        .or_else(|| if cfg!(windows) { in_profile() } else { in_home() })?;
    let metadata = std::fs::metadata(&path).ok()?;
    if !metadata.is_file() {
        warnings.push(format!("the password file {} is not a file, and is not read", path.display()));
        return None;
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        let path = path.display();
        warnings.push(format!(
            "the password file {path} may be read by others, and is not used: chmod 600 {path}"
        ));
        return None;
    }
    match std::fs::read_to_string(&path) {
        Ok(text) => Some(text),
        Err(error) => {
            warnings.push(format!("the password file {} cannot be read: {error}", path.display()));
            None
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(url: Option<&str>, variables: &[(&str, &str)]) -> Result<Database, Error> {
        database(url, &|name| {
            variables.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn without_anything_the_error_says_what_to_set() {
        let message = find(None, &[("PGPASSWORD", "s3cret"), ("HOME", "/")]).unwrap_err().to_string();
        assert!(message.starts_with("no database is named: set DATABASE_URL"), "{message}");
        assert_eq!(find(Some(" "), &[]).unwrap_err(), Error::NotNamed);
    }

    #[test]
    fn a_service_is_refused_rather_than_ignored() {
        assert_eq!(find(Some("postgres://h/d"), &[("PGSERVICE", "x")]).unwrap_err(), Error::Service);
    }

    #[test]
    fn the_environment_fills_what_the_url_leaves_open() {
        let found = find(
            Some("postgres://jane@db.example.com/shop"),
            &[("PGHOST", "other"), ("PGPORT", "6432"), ("PGDATABASE", "other"), ("PGUSER", "other")],
        );
        let target = found.unwrap().target;
        assert_eq!((target.host_key(), target.database()), ("db.example.com:6432", "shop"));
    }

    #[test]
    fn the_environment_alone_is_enough() {
        let target = find(None, &[("PGHOST", "db.example.com"), ("PGUSER", "jane")]).unwrap().target;
        assert_eq!((target.host_key(), target.database()), ("db.example.com:5432", "jane"));
    }

    #[test]
    fn a_bad_variable_is_told_without_its_value() {
        let message = find(None, &[("PGHOST", "h"), ("PGUSER", "u"), ("PGPORT", "s3cret")]).unwrap_err();
        assert!(message.to_string().contains("port"), "{message}");
        assert!(!message.to_string().contains("s3cret"), "{message}");
    }

    #[cfg(unix)]
    #[test]
    fn a_password_file_that_others_can_read_is_not_used() {
        use std::os::unix::fs::PermissionsExt;
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o644)).unwrap();
        let path = file.path().to_str().unwrap();
        let found = find(Some("postgres://u@h/d"), &[("PGPASSFILE", path)]).unwrap();
        assert!(found.warnings[0].ends_with(&format!("chmod 600 {path}")), "{:?}", found.warnings);
        std::fs::set_permissions(file.path(), std::fs::Permissions::from_mode(0o600)).unwrap();
        assert!(find(Some("postgres://u@h/d"), &[("PGPASSFILE", path)]).unwrap().warnings.is_empty());
    }
}
