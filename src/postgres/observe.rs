//! One look at a database.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::{Severity, SqlState};

use super::connect::{AskError, Session};
use super::error::while_looking;
use super::transaction::{PINNED, Transaction};
use super::{Error, Failure, Target, definitions, probe};
use crate::core::audit::definitions::Definitions;
use crate::core::audit::hint::{self, Relative};
use crate::core::audit::observation::Observation;
use crate::core::audit::question::{Question, questions};
use crate::core::audit::requirement::Requirements;
use crate::core::catalog::{Catalog, Row};
use crate::core::component::ComponentId;
use crate::core::drift::Fingerprint;
use crate::core::kind::Shape;
use crate::core::server::Server;

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// The whole look, connection included.
    pub total: Duration,
    /// The wait for a lock, in the statements that can wait for one.
    pub lock: Duration,
}

/// The most that phase 1 may answer, in bytes, whatever is required.
const CATALOG_BYTES: usize = 32 * 1024 * 1024;

/// What each required component adds to that: its own row, and what hangs on the same table without being required.
const COMPONENT_BYTES: usize = 1024;

/// The most time that hints may take.
const HINTS: Duration = Duration::from_secs(1);

/// Who answers, as one row.
const FACTS: &str = "select pg_catalog.pg_is_in_recovery() as in_recovery, \
     pg_catalog.current_database() as database, current_user as role";

/// Looks at the database once: one connection, one message for the catalog; where definitions have to be compared, a few
/// more for them; one more transaction per probe.
///
/// An error means that nothing was seen. What could not be seen of single components (locked, forbidden, too slow) is
/// in [`Observation::unseen`].
pub async fn observe(
    target: &Target,
    requirements: &Requirements,
    limits: &Limits,
) -> Result<Observation, Error> {
    observe_with(target, requirements, limits, Definitions::Ask).await
}

/// As [`observe`]; `definitions` says what is done about expressions and bodies.
pub async fn observe_with(
    target: &Target,
    requirements: &Requirements,
    limits: &Limits,
    definitions: Definitions,
) -> Result<Observation, Error> {
    look(target, requirements, limits, definitions, false).await
}

/// As [`observe_with`], and reads the catalog's own definitions of all that is required and found.
pub async fn observe_for_drift(
    target: &Target,
    requirements: &Requirements,
    limits: &Limits,
    definitions: Definitions,
) -> Result<Observation, Error> {
    look(target, requirements, limits, definitions, true).await
}

async fn look(
    target: &Target,
    requirements: &Requirements,
    limits: &Limits,
    definitions: Definitions,
    drift: bool,
) -> Result<Observation, Error> {
    let deadline = Instant::now() + limits.total;
    let mut session = open(target, limits, deadline).await?;
    let mut catalog =
        timeout_at(deadline, read_catalog(&session, requirements, limits, deadline, drift)).await;
    if matches!(&catalog, Ok(Err(NotRead { session_is_lost: true, .. }))) {
        // V8: what a standby must replay may end the session too. A server that goes away refuses the next one.
        session = open(target, limits, deadline).await?;
        catalog = timeout_at(deadline, read_catalog(&session, requirements, limits, deadline, drift)).await;
    }
    let (role, mut observation) = match catalog {
        Ok(Ok(seen)) => seen,
        Ok(Err(NotRead { error, .. })) => {
            session.close().await;
            return Err(error);
        }
        Err(_) => {
            session.cancel().await;
            return Err(timed_out(limits, "the server did not answer about its catalog"));
        }
    };
    if definitions != Definitions::Skip {
        definitions::Look { session: &session, limits, deadline, drift, groups_left: 1 }
            .compare(requirements, definitions, &mut observation)
            .await;
    }
    let looks = probe::Look { session: &session, requirements, limits, deadline, role: &role };
    looks.probe(&mut observation).await;
    // Last: the answer is complete without.
    observation.relatives = relatives(&session, requirements, &observation.catalog, deadline).await;
    session.close().await;
    Ok(observation)
}

async fn open(target: &Target, limits: &Limits, deadline: Instant) -> Result<Session, Error> {
    match timeout_at(deadline, Session::open(target)).await {
        Ok(opened) => opened,
        Err(_) => Err(timed_out(limits, "the server did not let the connection in")),
    }
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

/// Why phase 1 gave nothing.
struct NotRead {
    error: Error,
    /// Whether the session ended with it, so that another one may read it.
    session_is_lost: bool,
}

impl From<Error> for NotRead {
    fn from(error: Error) -> Self {
        Self { error, session_is_lost: false }
    }
}

/// Phase 1: everything in one message and one snapshot. Gives the name of the role too.
async fn read_catalog(
    session: &Session,
    requirements: &Requirements,
    limits: &Limits,
    deadline: Instant,
    drift: bool,
) -> Result<(String, Observation), NotRead> {
    let mut questions = questions(requirements);
    let major = server(session).major();
    questions.retain(|question| question.since <= major);
    let transaction = Transaction {
        search_path: PINNED,
        lock_timeout: limits.lock,
        statement_timeout: deadline.saturating_duration_since(Instant::now()),
    };
    let statements = std::iter::once(FACTS).chain(questions.iter().map(|question| question.sql.as_str()));
    let message = transaction.catalog_message(statements);
    let limit = CATALOG_BYTES + COMPONENT_BYTES * requirements.components.len();
    let mut reading = Reading::new(session, &questions, drift);
    let answered = match session.each(&message, limit, |at, names, row| reading.row(at, names, &row)).await {
        // V8: a standby cancels what stands in the way of its replay. The next try sees a later snapshot.
        Err(AskError::Driver(error)) if may_pass_when_repeated(&error) && !ends_session(&error) => {
            reading = Reading::new(session, &questions, drift);
            session.each(&message, limit, |at, names, row| reading.row(at, names, &row)).await
        }
        answered => answered,
    };
    let answered = answered.map_err(|error| match error {
        AskError::Driver(error) => {
            NotRead { session_is_lost: ends_session(&error), error: while_looking(&error) }
        }
        AskError::Refused(error) => error.into(),
        AskError::TooLarge => NotRead::from(Error::new(
            Failure::Interrupted,
            format!(
                "the answer about the catalog is larger than {} MiB, far more than what is required can take: \
                 require fewer components in one audit",
                limit / (1024 * 1024)
            ),
        )),
    })?;
    Ok(reading.finish(answered)?)
}

/// What missing components may be after all: a message of its own, sent only when something is missing. Hints are worth
/// little time and no error.
async fn relatives(
    session: &Session,
    requirements: &Requirements,
    catalog: &Catalog,
    deadline: Instant,
) -> Vec<Relative> {
    let Some(question) = hint::question(requirements, catalog) else { return Vec::new() };
    let left = deadline.saturating_duration_since(Instant::now());
    let share = HINTS.min(left / 4);
    let transaction = Transaction { search_path: PINNED, lock_timeout: share, statement_timeout: share };
    let message = transaction.message(std::iter::once(question.as_str()));
    let Ok(Ok(answers)) = timeout_at(deadline, session.ask(&message, CATALOG_BYTES)).await else {
        return Vec::new();
    };
    let rows = answers.iter().flat_map(|answer| &answer.rows);
    rows.filter_map(|row| Relative::read(row.try_get(0).ok()??)).collect()
}

/// What a session says of its server by itself.
fn server(session: &Session) -> Server {
    Server { version: session.version.clone(), ..Server::default() }
}

fn may_pass_when_repeated(error: &tokio_postgres::Error) -> bool {
    matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE | &SqlState::T_R_DEADLOCK_DETECTED))
}

/// Whether the session ended with this error: the server said so, or the connection broke.
fn ends_session(error: &tokio_postgres::Error) -> bool {
    let ends = |severity| matches!(severity, Some(Severity::Fatal | Severity::Panic));
    error.as_db_error().is_none_or(|error| ends(error.parsed_severity()))
}

/// For how many components there is room before the first one comes. A list grows where it began, and a block below a
/// kilobyte may be one that another thread made: the list would grow in that thread's part of the memory.
const COMPONENTS_AT_FIRST: usize = 64;

/// How many components are put into the catalog at once, at most, while it is small: see `ENTRIES_AT_ONCE` of the
/// requirements.
const COMPONENTS_AT_ONCE: usize = 16_384;

/// Phase 1 in the making: rows become components as they come, so that the answer itself is never held.
struct Reading<'a> {
    questions: &'a [Question],
    server: Server,
    /// The name of the role, once the server said it.
    role: Option<String>,
    catalog: Catalog,
    /// How many components came into it.
    catalogued: usize,
    /// The statement whose rows come, and what is not in the catalog yet.
    answered_by: usize,
    components: Vec<(ComponentId, Shape)>,
    /// What its rows are, where drift is of interest.
    fingerprints: Option<BTreeMap<ComponentId, Fingerprint>>,
}

impl<'a> Reading<'a> {
    fn new(session: &Session, questions: &'a [Question], drift: bool) -> Self {
        let server = server(session);
        let fingerprints = drift.then(BTreeMap::new);
        let catalog = Catalog::default();
        let components = Vec::with_capacity(COMPONENTS_AT_FIRST);
        Self {
            questions,
            server,
            role: None,
            catalog,
            catalogued: 0,
            answered_by: 0,
            components,
            fingerprints,
        }
    }

    /// The answers come in the order of the questions, after the one about the server.
    fn row(
        &mut self,
        position: usize,
        names: &[String],
        row: &tokio_postgres::SimpleQueryRow,
    ) -> Result<(), Error> {
        let value = |column: usize| row.try_get(column).ok().flatten();
        let Some(position) = position.checked_sub(1) else {
            self.server.in_recovery = value(0).ok_or_else(garbled)? == "t";
            value(1).ok_or_else(garbled)?.clone_into(&mut self.server.database);
            self.role = Some(value(2).ok_or_else(garbled)?.to_owned());
            return Ok(());
        };
        // In proportion to what is there, which each joining moves.
        let at_once = COMPONENTS_AT_ONCE.max(self.catalogued / 4);
        if position != self.answered_by || self.components.len() >= at_once {
            self.catalogue();
            self.answered_by = position;
        }
        let kind = self.questions.get(position).ok_or_else(garbled)?.kind;
        let values: Vec<_> = (0..row.len()).map(value).collect();
        let (id, shape) = kind
            .decode(&Row::new(kind, names, &values))
            .map_err(|error| Error::new(Failure::Interrupted, error.to_string()))?;
        if let Some(fingerprints) = &mut self.fingerprints {
            fingerprints.entry(id.clone()).or_default().row(kind, names, &values);
        }
        self.components.push((id, shape));
        Ok(())
    }

    /// Puts what came into the catalog, while the server is about what comes next.
    fn catalogue(&mut self) {
        let next = Vec::with_capacity(COMPONENTS_AT_FIRST);
        self.catalogued += self.components.len();
        self.catalog.add(std::mem::replace(&mut self.components, next));
    }

    fn finish(mut self, answered: usize) -> Result<(String, Observation), Error> {
        self.catalogue();
        let Self { questions, server, role, catalog, fingerprints, .. } = self;
        let role = role.filter(|_| answered == questions.len() + 1).ok_or_else(garbled)?;
        let fingerprints = fingerprints.unwrap_or_default();
        Ok((role, Observation { server, catalog, fingerprints, ..Observation::default() }))
    }
}

fn garbled() -> Error {
    Error::new(Failure::Interrupted, "the server answered something else than it was asked about its catalog")
}
