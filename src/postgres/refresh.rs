//! Refreshes materialized views: the one place here that writes to a database.
//!
//! Each refresh is a transaction of its own, under its own timeouts. It runs under the `search_path` of the role, as it
//! would in psql: before 17, functions in the body of a view may rest on it.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::connect::{AskError, Session};
use super::diagnose::transaction;
use super::error::while_looking;
use super::observe::spoken;
use super::{Error, Failure, Limits, Target};
use crate::core::diagnose::question::Scope;
use crate::core::refresh::{self, Step, View};

/// The most that the catalog may answer, in bytes.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Who answers, as one row.
const FACTS: &str = "select pg_catalog.pg_is_in_recovery() as in_recovery, pg_catalog.current_database() as database, \
     current_user as role";

/// A session that refreshes.
pub struct Refresher {
    session: Session,
    /// The database.
    pub database: String,
    /// The role.
    pub role: String,
}

/// Why a view was not refreshed: a sentence without a full stop.
pub type Refused = String;

impl Refresher {
    /// Connects, and reads the materialized views in scope. Refuses a standby.
    pub async fn open(target: &Target, scope: &Scope, limits: &Limits) -> Result<(Self, Vec<View>), Error> {
        let deadline = Instant::now() + limits.total;
        let late =
            |what: &str| Error::new(Failure::TimedOut, format!("{what} within {}", spoken(limits.total)));
        let session = match timeout_at(deadline, Session::open(target)).await {
            Ok(opened) => opened?,
            Err(_) => return Err(late("the server did not let the connection in")),
        };
        let sql = [FACTS.to_owned(), scope.fill(refresh::VIEWS)];
        let message = transaction(limits.lock, limits.total).message(sql.iter().map(String::as_str));
        let answers = match timeout_at(deadline, session.ask(&message, ANSWER_BYTES)).await {
            Ok(answers) => answers.map_err(|error| match error {
                AskError::Driver(error) => while_looking(&error),
                AskError::Refused(error) => error,
                AskError::TooLarge => Error::new(Failure::Interrupted, "the answer is larger than 32 MiB"),
            })?,
            Err(_) => return Err(late("the server did not answer about its catalog")),
        };
        let garbled =
            || Error::new(Failure::Interrupted, "the server answered something else than it was asked");
        let [facts, views] = answers.as_slice() else { return Err(garbled()) };
        let fact = |column: usize| facts.rows.first()?.try_get(column).ok()?;
        if fact(0).ok_or_else(garbled)? == "t" {
            let message = "this is a standby, which cannot be written to: refresh on the primary";
            return Err(Error::new(Failure::UnsupportedServer, message));
        }
        let database = fact(1).ok_or_else(garbled)?.to_owned();
        let role = fact(2).ok_or_else(garbled)?.to_owned();
        let views = views.rows.iter().filter_map(|row| row.try_get(0).ok().flatten()).map(refresh::view);
        let views = views.collect::<Result<_, _>>().map_err(|_| garbled())?;
        Ok((Self { session, database, role }, views))
    }

    /// Refreshes one view, and says how long it took. `lock` bounds each wait for a lock, `statement` the whole.
    pub async fn refresh(
        &self,
        step: &Step,
        lock: Duration,
        statement: Duration,
    ) -> Result<Duration, Refused> {
        let milliseconds = |duration: Duration| duration.as_millis().clamp(1, i32::MAX as u128);
        // One message is one transaction, which fits a pooler (V1) and leaves no setting behind (S2).
        let message = format!(
            "set local lock_timeout = {};\nset local statement_timeout = {};\n{}",
            milliseconds(lock),
            milliseconds(statement),
            step.sql()
        );
        let start = Instant::now();
        match self.session.ask(&message, ANSWER_BYTES).await {
            Ok(_) | Err(AskError::TooLarge | AskError::Refused(_)) => Ok(start.elapsed()),
            Err(AskError::Driver(error)) => Err(refused(&error, lock, statement)),
        }
    }

    /// Asks the server to stop what it is doing.
    pub async fn cancel(&self) {
        self.session.cancel().await;
    }

    /// Says goodbye.
    pub async fn close(self) {
        self.session.close().await;
    }
}

fn refused(error: &tokio_postgres::Error, lock: Duration, statement: Duration) -> Refused {
    let Some(error) = error.as_db_error() else {
        return "the connection broke; whether the refresh was done is not known".to_owned();
    };
    let state = error.code().code();
    match state {
        "55P03" => format!("locked by another session: waited {} (--lock-timeout)", spoken(lock)),
        "57014" => format!(
            "cancelled: it took longer than {} (--statement-timeout), or somebody stopped it",
            spoken(statement)
        ),
        "25006" => {
            "the session is read-only: default_transaction_read_only is on for the role, database or server"
                .to_owned()
        }
        // The server's own sentence about the user's own view; the details, which may quote rows, stay in its log.
        _ => format!("{} (SQLSTATE {state})", error.message()),
    }
}
