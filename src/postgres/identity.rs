//! Which database this is, whatever it is called and whoever leads there.

use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;

use super::connect::{AskError, Session};
use super::error::while_looking;
use super::observe::spoken;
use super::transaction::{PINNED, Transaction};
use super::{Error, Failure, Limits, Target};

/// The cluster's identifier, which all its standbys share, and the number of the database in it. It raises where the role
/// may not call `pg_control_system`, which everybody may unless somebody took that right away.
const IDENTITY: &str = "select c.system_identifier::pg_catalog.text, d.oid::pg_catalog.text \
     from pg_catalog.pg_control_system() as c, pg_catalog.pg_database as d \
     where d.datname = pg_catalog.current_database()";

/// The most that the answer may take, in bytes.
const ANSWER_BYTES: usize = 1024;

/// The identity of the database, `7301234567890123456/16384`: that of its standbys too, and of no other database, but for
/// copies of the whole cluster's files. `None` where the role may not know.
pub async fn identity(target: &Target, limits: &Limits) -> Result<Option<String>, Error> {
    let deadline = Instant::now() + limits.total;
    let timed_out = || {
        let message = format!("the server did not say which database it is within {}", spoken(limits.total));
        Error::new(Failure::TimedOut, message)
    };
    let session = timeout_at(deadline, Session::open(target)).await.map_err(|_| timed_out())??;
    let left = deadline.saturating_duration_since(Instant::now());
    let transaction = Transaction { search_path: PINNED, lock_timeout: limits.lock, statement_timeout: left };
    let message = transaction.catalog_message(std::iter::once(IDENTITY));
    let answers = timeout_at(deadline, session.ask(&message, ANSWER_BYTES)).await;
    session.close().await;
    let garbled = || Error::new(Failure::Interrupted, "the server did not say which database it is");
    match answers {
        Err(_) => Err(timed_out()),
        Ok(Err(AskError::Driver(error))) if error.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            Ok(None)
        }
        Ok(Err(AskError::Driver(error))) => Err(while_looking(&error)),
        Ok(Err(AskError::Refused(error))) => Err(error),
        Ok(Err(AskError::TooLarge)) => Err(garbled()),
        Ok(Ok(answers)) => {
            let row = answers.first().and_then(|answer| answer.rows.first()).ok_or_else(garbled)?;
            let value = |column: usize| row.try_get(column).ok().flatten().ok_or_else(garbled);
            Ok(Some(format!("{}/{}", value(0)?, value(1)?)))
        }
    }
}
