//! One look at a database.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;

use super::connect::{Answer, AskError, Session};
use super::error::while_looking;
use super::transaction::{PINNED, Transaction};
use super::{Error, Failure, Target, probe};
use crate::core::audit::observation::{Observation, Server};
use crate::core::audit::question::{Question, questions};
use crate::core::audit::requirement::Requirements;
use crate::core::catalog::{Catalog, Row};
use crate::core::component::ComponentId;
use crate::core::kind::Shape;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole look, connection included.
    pub total: Duration,
    /// The wait for a lock, in the statements that can wait for one.
    pub lock: Duration,
}

/// The most that phase 1 may answer, in bytes: some 100,000 components.
const CATALOG_BYTES: usize = 32 * 1024 * 1024;

/// Who answers, as one row.
const FACTS: &str = "select pg_catalog.pg_is_in_recovery() as in_recovery, \
     pg_catalog.current_database() as database, current_user as role";

/// Looks at the database once: one connection, one message for the catalog, one more transaction per probe.
///
/// An error means that nothing was seen. What could not be seen of single components (locked, forbidden, too slow) is
/// in [`Observation::unseen`].
pub async fn observe(
    target: &Target,
    requirements: &Requirements,
    limits: &Limits,
) -> Result<Observation, Error> {
    let deadline = Instant::now() + limits.total;
    let session = match timeout_at(deadline, Session::open(target)).await {
        Ok(opened) => opened?,
        Err(_) => return Err(timed_out(limits, "the server did not let the connection in")),
    };
    let catalog = timeout_at(deadline, read_catalog(&session, requirements, limits, deadline)).await;
    let (role, mut observation) = match catalog {
        Ok(Ok(seen)) => seen,
        Ok(Err(error)) => {
            session.close().await;
            return Err(error);
        }
        Err(_) => {
            session.cancel().await;
            return Err(timed_out(limits, "the server did not answer about its catalog"));
        }
    };
    let looks = probe::Look { session: &session, requirements, limits, deadline, role: &role };
    looks.probe(&mut observation).await;
    session.close().await;
    Ok(observation)
}

fn timed_out(limits: &Limits, what: &str) -> Error {
    let message = format!("{what} within the time limit of {}", spoken(limits.total));
    Error::new(Failure::TimedOut, message)
}

/// A time for people: `200 ms`, `1.5 s`, `30 s`.
pub(super) fn spoken(duration: Duration) -> String {
    match (duration.as_secs(), duration.subsec_millis()) {
        (0, milliseconds) => format!("{milliseconds} ms"),
        (seconds, 0..50) => format!("{seconds} s"),
        _ => format!("{:.1} s", duration.as_secs_f64()),
    }
}

/// Phase 1: everything in one message and one snapshot. Gives the name of the role too.
async fn read_catalog(
    session: &Session,
    requirements: &Requirements,
    limits: &Limits,
    deadline: Instant,
) -> Result<(String, Observation), Error> {
    let questions = questions(requirements);
    let transaction = Transaction {
        search_path: PINNED,
        lock_timeout: limits.lock,
        statement_timeout: deadline.saturating_duration_since(Instant::now()),
    };
    let statements = std::iter::once(FACTS).chain(questions.iter().map(|question| question.sql.as_str()));
    let message = transaction.message(statements);
    let answers = match session.ask(&message, CATALOG_BYTES).await {
        // V8: a standby cancels what stands in the way of its replay. The next try sees a later snapshot.
        Err(AskError::Driver(error)) if may_pass_when_repeated(&error) => {
            session.ask(&message, CATALOG_BYTES).await
        }
        answers => answers,
    };
    let answers = answers.map_err(|error| match error {
        AskError::Driver(error) => while_looking(&error),
        AskError::TooLarge => Error::new(
            Failure::Interrupted,
            "the answer about the catalog is larger than 32 MiB: require fewer components in one audit",
        ),
    })?;
    decode(session, &questions, &answers)
}

fn may_pass_when_repeated(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// The answers come in the order of the questions, after the one about the server.
fn decode(
    session: &Session,
    questions: &[Question],
    answers: &[Answer],
) -> Result<(String, Observation), Error> {
    let garbled = || {
        Error::new(
            Failure::Interrupted,
            "the server answered something else than it was asked about its catalog",
        )
    };
    let (facts, answers) = answers.split_first().ok_or_else(garbled)?;
    if answers.len() != questions.len() {
        return Err(garbled());
    }
    let fact = |column: usize| facts.rows.first()?.try_get(column).ok()?;
    let server = Server {
        version: session.version.clone(),
        in_recovery: fact(0).ok_or_else(garbled)? == "t",
        system_identifier: None,
        database: fact(1).ok_or_else(garbled)?.to_owned(),
    };
    let role = fact(2).ok_or_else(garbled)?.to_owned();
    let mut catalog = Catalog::default();
    for (question, answer) in questions.iter().zip(answers) {
        for (id, shape) in components(question, answer)? {
            catalog.insert(id, shape);
        }
    }
    Ok((role, Observation { server, catalog, ..Observation::default() }))
}

fn components(question: &Question, answer: &Answer) -> Result<Vec<(ComponentId, Shape)>, Error> {
    let decode = |row: &tokio_postgres::SimpleQueryRow| {
        let values: Vec<_> = (0..row.len()).map(|column| row.try_get(column).ok().flatten()).collect();
        question.kind.decode(&Row::new(question.kind, &answer.columns, &values))
    };
    answer
        .rows
        .iter()
        .map(decode)
        .collect::<Result<_, _>>()
        .map_err(|error| Error::new(Failure::Interrupted, error.to_string()))
}
