//! How every command that works without a cluster comes to its database: options, settings, and the runtime to speak in.

use super::{database, print_warning};
use crate::api::duration::Duration;
use crate::postgres::apply::backup::Variables;
use crate::postgres::{Settings, Target};

/// Which database.
#[derive(Debug, Clone, clap::Args)]
#[expect(clippy::doc_markdown, reason = "the comments on the fields are help texts, without Markdown")]
pub(super) struct Connection {
    /// The database: a postgres:// URL or libpq's "key=value" pairs.
    ///
    /// Arguments of a command can be seen by every user of the machine. Prefer to set DATABASE_URL, or libpq's variables:
    /// PGHOST, PGPORT, PGDATABASE, PGUSER, PGPASSWORD, PGSSLMODE, PGSSLROOTCERT, PGPASSFILE and others fill what is not
    /// said here. As with libpq, TLS is used where the server offers it, and verified with sslmode=verify-full.
    #[arg(long, value_name = "URL", env = "DATABASE_URL", hide_env_values = true)]
    pub(super) database_url: Option<String>,
}

impl Connection {
    /// The database that the options and the environment name. Warnings go to standard error.
    pub(super) fn target(&self) -> Result<Target, database::Error> {
        self.target_and_settings().map(|(target, _)| target)
    }

    /// The same, with what it was made of.
    pub(super) fn target_and_settings(&self) -> Result<(Target, Settings), database::Error> {
        let database::Database { target, settings, warnings } =
            database::database(self.database_url.as_deref(), &database::process_environment)?;
        for warning in warnings {
            print_warning(&warning);
        }
        Ok((target, settings))
    }
}

/// A database, and the settings that it was made of.
pub(super) struct Named {
    pub target: Target,
    pub variables: Variables,
}

/// How long an option says that something may take.
pub(super) fn duration(text: &str) -> Result<std::time::Duration, String> {
    match text.parse::<Duration>() {
        Ok(duration) if duration.get().is_zero() => Err("it must be longer than nothing".to_owned()),
        Ok(duration) => Ok(duration.get()),
        Err(error) => Err(error.to_string()),
    }
}

/// Runs what speaks to the database.
pub(super) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, std::io::Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(work);
    // A look-up of a host name that hangs must not hold up the answer.
    runtime.shutdown_background();
    Ok(result)
}
