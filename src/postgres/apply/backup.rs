//! A backup before anything is changed: `pg_dump` in its custom format, read back by `pg_restore --list`.
//!
//! Which database is meant, and with which password, these programs are told by their environment alone. The file has its
//! name only when it is whole and was read back: until then, and when this process is killed, it is `FILE.part`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Output, Stdio};

use tokio::process::Command;

use super::direct::{Direct, asked};
use super::{Stop, stopped};
use crate::core::name::Identifier;
use crate::core::plan::outcome::Backup;
use crate::core::sql::quoting;

/// Why there is no backup. `Display` is a sentence without a full stop, and without a password.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file is there.
    #[error("{0} is there already, and no backup is written over: name another file")]
    Exists(String),
    /// The file cannot be made.
    #[error("{0} cannot be written: {1}")]
    File(String, io::Error),
    /// The program is not there, or does not start.
    #[error("{0} cannot be run: {1}; it comes with PostgreSQL's client programs, and must be in PATH")]
    Program(&'static str, io::Error),
    /// The program failed.
    #[error("{0} failed: {1}")]
    Failed(&'static str, String),
    /// A table is locked by somebody else.
    #[error("pg_dump could not read a table that another session has locked, for {LOCK_SECONDS} s")]
    Locked,
    /// The backup holds nothing.
    #[error("pg_dump wrote a backup in which nothing is")]
    Empty,
    /// It was wanted that it ends.
    #[error("it was stopped")]
    Stopped,
    /// The database did not say which schemas it has.
    #[error("{0}")]
    Database(#[from] super::super::Error),
}

impl Error {
    /// The same for readers who may not know which database it is: libpq's words about a connection name hosts and users.
    #[must_use]
    pub fn without_connection(&self) -> String {
        match self {
            Self::Failed(name, said) if said.contains("connection to ") || said.contains("host name") => {
                format!("{name} could not connect; its log says why")
            }
            Self::Failed(..)
            | Self::Exists(_)
            | Self::File(..)
            | Self::Program(..)
            | Self::Locked
            | Self::Empty
            | Self::Stopped
            | Self::Database(_) => self.to_string(),
        }
    }

    /// Whether the same may go well another time.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Locked => true,
            Self::Database(error) => error.failure.is_transient(),
            _ => false,
        }
    }
}

/// Which database, as libpq's variables. Holds the password, and shows nothing.
pub struct Variables(pub Vec<(&'static str, String)>);

impl Variables {
    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| *known == name).map(|(_, value)| value.as_str())
    }
}

/// The first version of `pg_dump` that can dump extensions beside single schemas.
const DUMPS_EXTENSIONS: u32 = 14;

/// How long `pg_dump` waits for the locks on all tables (ACCESS SHARE, which only ACCESS EXCLUSIVE keeps out), in seconds.
const LOCK_SECONDS: u32 = 60;

/// Writes the backup of these schemas, as far as they are there, and of the extensions; of the whole database, where they
/// are `None` or none of them is there. The file is this user's alone and new; a backup that fails leaves none.
pub async fn backup(
    direct: &Direct,
    variables: &Variables,
    schemas: Option<&BTreeSet<Identifier>>,
    file: &Path,
    stop: &Stop,
) -> Result<Backup, Error> {
    let shown = file.display().to_string();
    if file.exists() {
        return Err(Error::Exists(shown));
    }
    let there = match schemas {
        Some(schemas) => there(direct, schemas).await?,
        None => Vec::new(),
    };
    let part = part_of(file);
    let made = match empty(&part) {
        Ok(()) => dump(variables, &there, &part, stop).await.and_then(|()| put(&part, file)),
        Err(error) => Err(Error::File(part.display().to_string(), error)),
    };
    if made.is_err() {
        let _ = std::fs::remove_file(&part);
    }
    made.map(|()| Backup { restore: restore(variables, &shown), file: shown })
}

/// What a backup is called until it is one.
fn part_of(file: &Path) -> PathBuf {
    let mut name = file.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

/// Makes a new file that is this user's alone. What is there is of a run that was killed.
fn empty(part: &Path) -> Result<(), io::Error> {
    let _ = std::fs::remove_file(part);
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(part).map(|_| ())
}

/// Gives a backup that is whole its name.
fn put(part: &Path, file: &Path) -> Result<(), Error> {
    let shown = file.display().to_string();
    if file.exists() {
        return Err(Error::Exists(shown));
    }
    std::fs::rename(part, file).map_err(|error| Error::File(shown, error))?;
    // pg_dump saw to it that the file outlives a crash; this is for its name, where the file system can do that.
    if let Some(directory) = file.parent().and_then(|directory| std::fs::File::open(directory).ok()) {
        let _ = directory.sync_all();
    }
    Ok(())
}

/// Those of the schemas that the database has.
async fn there(direct: &Direct, schemas: &BTreeSet<Identifier>) -> Result<Vec<String>, Error> {
    let sql = format!(
        "select n.nspname from pg_catalog.pg_namespace as n where n.nspname = any ({}::pg_catalog.text[]) order by 1",
        quoting::text_array(schemas.iter().map(Identifier::as_str))
    );
    let answers = direct.session.ask(&sql, super::direct::ANSWER_BYTES).await.map_err(asked)?;
    let rows = answers.iter().flat_map(|answer| &answer.rows);
    Ok(rows.filter_map(|row| row.try_get(0).ok().flatten()).map(str::to_owned).collect())
}

async fn dump(variables: &Variables, schemas: &[String], file: &Path, stop: &Stop) -> Result<(), Error> {
    let mut dump = program("pg_dump", variables);
    dump.args(["--format=custom", "--no-password"]).arg("--file").arg(file);
    dump.arg(format!("--lock-wait-timeout={LOCK_SECONDS}s"));
    for schema in schemas {
        // In double quotes it is a name, not a pattern.
        dump.arg(format!("--schema={}", quoting::identifier(&Identifier::new(schema))));
    }
    if !schemas.is_empty() && version().await? >= DUMPS_EXTENSIONS {
        // Without them, a column of an extension's type could not be restored.
        dump.arg("--extension=*");
    }
    finish("pg_dump", dump, variables, stop).await?;
    let mut list = program("pg_restore", &Variables(Vec::new()));
    list.arg("--list").arg(file);
    let listed = finish("pg_restore", list, variables, stop).await?;
    let entries = String::from_utf8_lossy(&listed.stdout);
    let is_entry = |line: &str| !line.is_empty() && !line.starts_with(';');
    if entries.lines().any(is_entry) { Ok(()) } else { Err(Error::Empty) }
}

/// The major version of `pg_dump`; 0 where it says none.
async fn version() -> Result<u32, Error> {
    let output = Command::new("pg_dump").arg("--version").stdin(Stdio::null()).output().await;
    let output = output.map_err(|error| Error::Program("pg_dump", error))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let number = text.split_whitespace().find_map(|word| {
        word.split(|c: char| !c.is_ascii_digit()).next().and_then(|digits| digits.parse().ok())
    });
    Ok(number.unwrap_or(0))
}

/// A program of PostgreSQL's, told by its environment alone which database is meant: arguments can be seen by others.
fn program(name: &'static str, variables: &Variables) -> Command {
    let mut command = Command::new(name);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    for (variable, _) in super::super::settings::VARIABLES {
        command.env_remove(variable);
    }
    for variable in ["PGSERVICE", "PGSERVICEFILE", "PGOPTIONS", "DATABASE_URL"] {
        command.env_remove(variable);
    }
    command.envs(variables.0.iter().map(|(name, value)| (*name, value.as_str()))).env("LC_ALL", "C");
    command
}

async fn finish(
    name: &'static str,
    mut command: Command,
    variables: &Variables,
    stop: &Stop,
) -> Result<Output, Error> {
    let child = command.spawn().map_err(|error| Error::Program(name, error))?;
    let output = tokio::select! {
        output = child.wait_with_output() => output.map_err(|error| Error::Program(name, error))?,
        // The child is killed when it is dropped.
        () = stopped(stop) => return Err(Error::Stopped),
    };
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr);
    let said =
        said.lines().map(str::trim).filter(|line| !line.is_empty()).take(4).collect::<Vec<_>>().join("; ");
    // What pg_dump gives for --lock-wait-timeout is the limit of one statement, LOCK TABLE.
    if said.contains("canceling statement due to statement timeout") && said.contains("LOCK TABLE") {
        return Err(Error::Locked);
    }
    Err(Error::Failed(name, without_password(&said, variables)))
}

/// These programs do not print passwords. Should one do so all the same, it is not passed on.
fn without_password(text: &str, variables: &Variables) -> String {
    match variables.get("PGPASSWORD") {
        Some(password) => text.replace(password, "***"),
        None => text.to_owned(),
    }
}

/// The command that restores the backup beside the database, where nothing of it can be in the way or be lost.
fn restore(variables: &Variables, file: &str) -> String {
    let mut to = String::new();
    for (variable, option) in [("PGHOST", "--host"), ("PGPORT", "--port"), ("PGUSER", "--username")] {
        if let Some(value) = variables.get(variable) {
            // Writing to a string cannot fail.
            let _ = write!(to, " {option}={}", word(value));
        }
    }
    let database = word(&format!("{}_restored", variables.get("PGDATABASE").unwrap_or("database")));
    let file = word(file);
    // Every new database has a schema public, which --clean makes room for.
    format!(
        "createdb{to} --template=template0 {database} && pg_restore{to} --clean --if-exists --dbname={database} {file}"
    )
}

/// A word for a shell.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,@".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', r"'\''"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_that_restores_holds_no_password() {
        let variables =
            [("PGHOST", "db"), ("PGUSER", "it's me"), ("PGDATABASE", "shop"), ("PGPASSWORD", "hunter2")];
        let variables = Variables(variables.map(|(name, value)| (name, value.to_owned())).to_vec());
        assert_eq!(
            restore(&variables, "/b/shop.dump"),
            r"createdb --host=db --username='it'\''s me' --template=template0 shop_restored && pg_restore --host=db --username='it'\''s me' --clean --if-exists --dbname=shop_restored /b/shop.dump"
        );
        assert_eq!(without_password("no hunter2 here", &variables), "no *** here");
    }

    #[test]
    fn r14_words_about_a_connection_are_not_passed_on_and_those_about_objects_are() {
        let said = |text: &str| Error::Failed("pg_dump", text.to_owned()).without_connection();
        for secret in [
            "pg_dump: error: connection to server at \"db.internal\" (10.0.0.7), port 5432 failed: FATAL: no app",
            "pg_dump: error: connection to database \"app\" failed: FATAL: role \"app\"",
            "pg_dump: error: could not translate host name \"db.internal\" to address",
        ] {
            assert_eq!(said(secret), "pg_dump could not connect; its log says why");
        }
        let useful = "pg_dump: error: query failed: ERROR: permission denied for table orders";
        assert!(said(useful).contains("permission denied for table orders"));
    }
}
