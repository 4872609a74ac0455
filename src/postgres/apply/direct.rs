//! A session that is one process of the server from its first statement to its last.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::super::connect::{Answer, AskError, Session};
use super::super::error::while_looking;
use super::super::observe::spoken;
use super::super::{Error, Failure, Target};

/// The most that one question about the session may answer, in bytes.
pub(super) const ANSWER_BYTES: usize = 1024 * 1024;

/// How often it is looked whether a pooler stands in between. Each look is two round trips.
const LOOKS: usize = 4;

/// Who answers, as one row. A process is known by its number and the time at which it began.
const FACTS: &str = "select pg_catalog.pg_is_in_recovery(), pg_catalog.current_database(), current_user, \
     pg_catalog.pg_backend_pid()::text || ' ' || coalesce((select a.backend_start::text \
     from pg_catalog.pg_stat_activity as a where a.pid = pg_catalog.pg_backend_pid()), '')";

const CHECKS_CLIENT: &str = "set client_connection_check_interval = '1s'";
const MAY_BE_IDLE: &str = "set idle_session_timeout = 0";

/// Which process of the server serves.
const PROCESS: &str = "select pg_catalog.pg_backend_pid()::text || ' ' || coalesce((select a.backend_start::text \
     from pg_catalog.pg_stat_activity as a where a.pid = pg_catalog.pg_backend_pid()), '')";

/// A session for the statements of a plan, without a pooler in between that would give each transaction to another
/// process.
pub struct Direct {
    pub(super) session: Session,
    /// A second session, to see that it is another process. It is told apart from the first one when the lock is taken.
    pub(super) other: Session,
    pub(super) process: String,
    /// Whether the server knows settings that end a process whose client is gone, and let one live that waits.
    keeps_alive: KeepsAlive,
    /// Whether the session was given up.
    abandoned: AtomicBool,
    /// Who answers.
    pub facts: Facts,
}

/// Which settings the server knows.
#[derive(Debug, Clone, Copy)]
struct KeepsAlive {
    /// `client_connection_check_interval`: a process whose client is gone ends by itself, and with it the lock. Since 14,
    /// and not on every system.
    checks_client: bool,
    /// `idle_session_timeout`, since 14.
    may_be_idle: bool,
}

/// Who answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// The database.
    pub database: String,
    /// The role.
    pub role: String,
}

impl Direct {
    /// Connects within `limit`. Refuses a standby (V10), and a pooler that gives each transaction to any process (V5,
    /// V6): there, the lock would be left behind on one process while statements run on others.
    pub async fn open(target: &Target, limit: Duration) -> Result<Self, Error> {
        let deadline = Instant::now() + limit;
        match timeout_at(deadline, Self::opened(target)).await {
            Ok(opened) => opened,
            Err(_) => Err(Error::new(
                Failure::TimedOut,
                format!("two sessions could not be opened within {}", spoken(limit)),
            )),
        }
    }

    async fn opened(target: &Target) -> Result<Self, Error> {
        let session = Session::open(target).await?;
        let facts = row(&session, FACTS).await?;
        let [Some(in_recovery), Some(database), Some(role), Some(process)] =
            facts.map(|value: Option<String>| value)
        else {
            return Err(garbled());
        };
        if in_recovery == "t" {
            let message = "this is a standby, which cannot be written to: connect to the primary";
            return Err(Error::new(Failure::UnsupportedServer, message));
        }
        let other = Session::open(target).await?;
        for _ in 0..LOOKS {
            look_for_pooler(&session, &other, &process).await?;
        }
        let keeps_alive = KeepsAlive {
            checks_client: session.run(CHECKS_CLIENT).await.is_ok(),
            may_be_idle: session.run(MAY_BE_IDLE).await.is_ok(),
        };
        let abandoned = AtomicBool::new(false);
        Ok(Self { session, other, process, keeps_alive, abandoned, facts: Facts { database, role } })
    }

    /// What puts the settings of the session itself in force again, after RESET ALL.
    pub(super) fn kept_alive(&self) -> String {
        let KeepsAlive { checks_client, may_be_idle } = self.keeps_alive;
        let lines = [(checks_client, CHECKS_CLIENT), (may_be_idle, MAY_BE_IDLE)];
        let known = lines.into_iter().filter(|(is_known, _)| *is_known);
        known.flat_map(|(_, line)| [line, ";"]).collect()
    }

    /// Ends the session the hard way: the server rolls back when it sees that.
    pub(super) fn abandon(&self) {
        self.abandoned.store(true, Ordering::Relaxed);
        self.session.abandon();
    }

    /// Whether the session was given up.
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.load(Ordering::Relaxed)
    }

    /// Says goodbye. The server gives the lock back with the session.
    pub async fn close(self) {
        self.other.close().await;
        self.session.close().await;
    }
}

/// A pooler in transaction mode gives a process back after each transaction, and to whoever asks next: to the other
/// session, while that has one open, or to nobody, and then this one gets another.
async fn look_for_pooler(session: &Session, other: &Session, process: &str) -> Result<(), Error> {
    let [mine] = row(session, PROCESS).await?;
    other.run("begin read only").await.map_err(|error| while_looking(&error))?;
    let others = row(other, PROCESS).await;
    let again = row(session, PROCESS).await;
    other.run("rollback").await.map_err(|error| while_looking(&error))?;
    let ([others], [again]) = (others?, again?);
    let is_mine = |it: &Option<String>| it.as_deref() == Some(process);
    if is_mine(&mine) && is_mine(&again) && !is_mine(&others) {
        return Ok(());
    }
    Err(pooled())
}

pub(super) fn pooled() -> Error {
    Error::new(
        Failure::UnsupportedServer,
        "a pooler stands before the server and gives each transaction to another process: the lock that keeps two \
         migrations apart would not hold. Connect to the server itself, or to a pool in session mode",
    )
}

/// The only row of a question.
pub(super) async fn row<const N: usize>(session: &Session, sql: &str) -> Result<[Option<String>; N], Error> {
    let answers = session.ask(sql, ANSWER_BYTES).await.map_err(asked)?;
    first_row(answers.last()).ok_or_else(garbled)
}

pub(super) fn first_row<const N: usize>(answer: Option<&Answer>) -> Option<[Option<String>; N]> {
    let row = answer?.rows.first()?;
    let values: Vec<Option<String>> =
        (0..N).map(|column| row.try_get(column).ok().flatten().map(str::to_owned)).collect();
    values.try_into().ok()
}

pub(super) fn asked(error: AskError) -> Error {
    match error {
        AskError::Driver(error) => while_looking(&error),
        AskError::Refused(error) => error,
        AskError::TooLarge => garbled(),
    }
}

pub(super) fn garbled() -> Error {
    Error::new(Failure::Interrupted, "the server answered something else than it was asked about its session")
}
