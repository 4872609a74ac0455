//! One diagnosis of a database: what can neither wait nor raise in one message and one snapshot, everything else in a
//! transaction of its own.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;

use super::connect::{Answer, AskError, Session};
use super::error::while_looking;
use super::observe::spoken;
use super::transaction::{PINNED, Transaction};
use super::{Error, Failure, Limits, Target};
use crate::core::diagnose::check::Check;
use crate::core::diagnose::diagnosis::{self, Answers, Diagnosis};
use crate::core::diagnose::facts::Facts;
use crate::core::diagnose::question::{EXACT_SIZES, FACTS, OBJECTS, SIZES, Scope};
use crate::core::server::Server;

/// The most that one message may answer, in bytes: some 200,000 findings.
const ANSWER_BYTES: usize = 64 * 1024 * 1024;

/// Diagnoses the database once, over one connection.
///
/// An error means that nothing was seen. A check that could not be made is undecided in the diagnosis.
pub async fn diagnose(target: &Target, scope: &Scope, limits: &Limits) -> Result<Diagnosis, Error> {
    let deadline = Instant::now() + limits.total;
    let session = match timeout_at(deadline, Session::open(target)).await {
        Ok(opened) => opened?,
        Err(_) => return Err(timed_out(limits, "the server did not let the connection in")),
    };
    let look = Look { session: &session, scope, limits, deadline };
    let answers = if let Ok(answers) = timeout_at(deadline, look.together()).await {
        answers
    } else {
        session.cancel().await;
        Err(timed_out(limits, "the server did not answer about its catalog"))
    };
    let answers = match answers {
        Ok(answers) => look.apart(answers).await,
        Err(error) => {
            session.close().await;
            return Err(error);
        }
    };
    session.close().await;
    Diagnosis::of(answers).map_err(|error| Error::new(Failure::Interrupted, error.to_string()))
}

fn timed_out(limits: &Limits, what: &str) -> Error {
    let limit = spoken(limits.total);
    Error::new(
        Failure::TimedOut,
        format!(
            "{what} within the time limit of {limit}: name a schema with --schema, or a longer --timeout"
        ),
    )
}

struct Look<'a> {
    session: &'a Session,
    scope: &'a Scope,
    limits: &'a Limits,
    deadline: Instant,
}

impl Look<'_> {
    /// Asks what needs no lock and cannot raise.
    async fn together(&self) -> Result<Answers, Error> {
        let checks: Vec<&'static Check> =
            self.scope.checks().into_iter().filter(|check| !check.apart).collect();
        // Two checks may share a query.
        let mut queries: Vec<&str> = vec![FACTS, OBJECTS, SIZES];
        for check in &checks {
            if !queries.contains(&check.query) {
                queries.push(check.query);
            }
        }
        let statements: Vec<String> = queries.iter().map(|query| self.scope.fill(query)).collect();
        let left = self.deadline.saturating_duration_since(Instant::now());
        let message = transaction(self.limits.lock, left).message(statements.iter().map(String::as_str));
        let answers = self.ask_twice(&message).await?;
        let garbled =
            || Error::new(Failure::Interrupted, "the server answered something else than it was asked");
        if answers.len() != queries.len() {
            return Err(garbled());
        }
        let mut rows: Vec<Vec<String>> = answers.iter().map(texts).collect();
        let facts =
            rows[0].first().and_then(|row| serde_json::from_str::<Facts>(row).ok()).ok_or_else(garbled)?;
        let of = |query: &str| queries.iter().position(|known| *known == query).unwrap_or_default();
        let checks = checks.into_iter().map(|check| (check, Ok(rows[of(check.query)].clone()))).collect();
        Ok(Answers {
            server: Server {
                version: self.session.version.clone(),
                in_recovery: facts.in_recovery,
                system_identifier: None,
                database: facts.database.clone(),
            },
            facts,
            objects: std::mem::take(&mut rows[1]),
            sizes: std::mem::take(&mut rows[2]),
            exact_sizes: Vec::new(),
            checks,
        })
    }

    /// V8: a standby cancels what stands in the way of its replay. The next try sees a later snapshot.
    async fn ask_twice(&self, message: &str) -> Result<Vec<Answer>, Error> {
        let answers = match self.session.ask(message, ANSWER_BYTES).await {
            Err(AskError::Driver(error))
                if matches!(error.code(), Some(&SqlState::T_R_SERIALIZATION_FAILURE)) =>
            {
                self.session.ask(message, ANSWER_BYTES).await
            }
            answers => answers,
        };
        answers.map_err(|error| match error {
            AskError::Driver(error) => while_looking(&error),
            AskError::Refused(error) => error,
            AskError::TooLarge => Error::new(
                Failure::Interrupted,
                "the answer is larger than 64 MiB: name schemas with --schema, or leave checks out with --skip",
            ),
        })
    }

    /// Adds what may wait or raise; what gives no answer is undecided.
    async fn apart(&self, mut answers: Answers) -> Answers {
        let checks: Vec<&'static Check> =
            self.scope.checks().into_iter().filter(|check| check.apart).collect();
        let queries: Vec<&str> =
            std::iter::once(EXACT_SIZES).chain(checks.iter().map(|check| check.query)).collect();
        let left = self.deadline.saturating_duration_since(Instant::now());
        let share = left / (u32::try_from(queries.len()).unwrap_or(u32::MAX) + 1);
        let mut given = join_all(queries.iter().map(|query| self.ask_apart(query, share))).await.into_iter();
        answers.exact_sizes = given.next().and_then(Result::ok).unwrap_or_default();
        answers.checks.extend(checks.into_iter().zip(given));
        // As in the table of checks, whichever message asked.
        let order = self.scope.checks();
        answers.checks.sort_by_key(|(check, _)| order.iter().position(|known| known == check));
        answers
    }

    /// One query in its own transaction. What goes away, or gets locked, while it is looked at is not there, or is told
    /// to be locked, in the second look.
    async fn ask_apart(&self, query: &str, share: Duration) -> diagnosis::Answer {
        let lock = self.limits.lock.min(share / 4);
        let sql = self.scope.fill(query);
        let message = transaction(lock, share).message(std::iter::once(sql.as_str()));
        let ask = || async {
            match timeout_at(self.deadline, self.session.ask(&message, ANSWER_BYTES)).await {
                Ok(Ok(answers)) => Ok(answers.first().map(texts).unwrap_or_default()),
                Ok(Err(AskError::TooLarge | AskError::Refused(_))) => {
                    Err((String::new(), "the answer is larger than 64 MiB".to_owned()))
                }
                Ok(Err(AskError::Driver(error))) => Err(refused(&error, lock, share)),
                Err(_) => Err(("57014".to_owned(), "the time limit passed before".to_owned())),
            }
        };
        match ask().await {
            Err((state, _)) if matches!(state.as_str(), "55P03" | "40001" | "42P01" | "XX000") => {
                ask().await.map_err(|(_, reason)| reason)
            }
            answer => answer.map_err(|(_, reason)| reason),
        }
    }
}

pub(super) fn transaction(lock: Duration, statement: Duration) -> Transaction<'static> {
    Transaction { search_path: PINNED, lock_timeout: lock, statement_timeout: statement }
}

/// The SQLSTATE, and a reason without the server's own text, which may name files of the server.
pub(super) fn refused(
    error: &tokio_postgres::Error,
    lock: Duration,
    statement: Duration,
) -> (String, String) {
    let Some(state) = error.code().map(SqlState::code) else {
        return (String::new(), "the connection broke before".to_owned());
    };
    let reason = match state {
        "55P03" => format!("locked by another session: waited {}", spoken(lock)),
        "57014" => format!("it took longer than {}", spoken(statement)),
        "42501" => "the role may not ask this (SQLSTATE 42501)".to_owned(),
        _ => format!("the server refuses to answer (SQLSTATE {state}); its log has the details"),
    };
    (state.to_owned(), reason)
}

/// The first column of each row; a query of a diagnosis has no other.
fn texts(answer: &Answer) -> Vec<String> {
    answer.rows.iter().filter_map(|row| row.try_get(0).ok().flatten().map(str::to_owned)).collect()
}
