//! What a plan needs, asked of the server: one message that can neither wait nor raise, and what may do either apart.

use std::time::Duration;

use futures::future::join_all;
use tokio::time::{Instant, timeout_at};
use tokio_postgres::error::SqlState;

use super::connect::{Answer, AskError, Session};
use super::diagnose::{refused, transaction};
use super::error::while_looking;
use super::observe::spoken;
use super::transaction::{PINNED, Transaction};
use super::{Error, Failure, Limits, Target};
use crate::core::plan::Plan;
use crate::core::plan::check_data::{conclude, questions};
use crate::core::plan::preflight::{Available, Facts, Query, Question, judge, may_be_empty};
use crate::core::server::major;
use crate::core::sql::quoting;

/// The most that one message may answer, in bytes.
const ANSWER_BYTES: usize = 32 * 1024 * 1024;

/// Whether the rows are looked at too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rows {
    /// They are not.
    Skip,
    /// The queries that predict a failure run: they read whole tables.
    Check,
}

/// Puts into a plan what would make it fail, and how large what it locks is. An empty plan asks for nothing.
///
/// An error means that nothing was seen: the plan is as it was. What could not be seen of single things blocks nothing.
pub async fn preflight(target: &Target, plan: &mut Plan, rows: Rows, limits: &Limits) -> Result<(), Error> {
    if plan.is_empty() {
        return Ok(());
    }
    let deadline = Instant::now() + limits.total;
    let session = match timeout_at(deadline, Session::open(target)).await {
        Ok(opened) => opened?,
        Err(_) => return Err(timed_out(limits, "the server did not let the connection in")),
    };
    let done = preflight_in(&session, plan, rows, limits, deadline).await;
    session.close().await;
    done
}

/// The same over a connection that is open.
pub(super) async fn preflight_in(
    session: &Session,
    plan: &mut Plan,
    rows: Rows,
    limits: &Limits,
    deadline: Instant,
) -> Result<(), Error> {
    let question = Question::of(plan);
    let look = Look { session, limits, deadline };
    let mut facts = Facts::default();
    look.together(&question, &mut facts).await?;
    for (query, sql) in &question.apart {
        look.extensions(*query, sql, &mut facts).await;
    }
    look.empty_ones(plan, &mut facts).await;
    judge(plan, &question, &facts);
    if rows == Rows::Check {
        look.rows(plan, &facts).await;
    }
    Ok(())
}

fn timed_out(limits: &Limits, what: &str) -> Error {
    Error::new(Failure::TimedOut, format!("{what} within the time limit of {}", spoken(limits.total)))
}

fn garbled() -> Error {
    Error::new(Failure::Interrupted, "the server answered something else than it was asked about a plan")
}

struct Look<'a> {
    session: &'a Session,
    limits: &'a Limits,
    deadline: Instant,
}

impl Look<'_> {
    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    async fn together(&self, question: &Question, facts: &mut Facts) -> Result<(), Error> {
        let major = major(&self.session.version);
        let asked: Vec<_> = question.together.iter().filter(|(query, _)| query.since() <= major).collect();
        let statements = asked.iter().map(|(_, sql)| sql.as_str());
        let message = transaction(self.limits.lock, self.left()).message(statements);
        let Ok(answers) = timeout_at(self.deadline, self.ask_twice(&message)).await else {
            self.session.cancel().await;
            return Err(timed_out(self.limits, "the server did not answer about what a plan needs"));
        };
        let answers = answers?;
        if answers.len() != asked.len() {
            return Err(garbled());
        }
        for ((query, _), answer) in asked.into_iter().zip(&answers) {
            read(*query, answer, facts)?;
        }
        Ok(())
    }

    /// V8: a standby cancels what stands in the way of its replay. The next try sees a later snapshot.
    async fn ask_twice(&self, message: &str) -> Result<Vec<Answer>, Error> {
        let answers = match self.session.ask(message, ANSWER_BYTES).await {
            Err(AskError::Driver(error)) if error.code() == Some(&SqlState::T_R_SERIALIZATION_FAILURE) => {
                self.session.ask(message, ANSWER_BYTES).await
            }
            answers => answers,
        };
        answers.map_err(|error| match error {
            AskError::Driver(error) => while_looking(&error),
            AskError::Refused(error) => error,
            AskError::TooLarge => {
                Error::new(Failure::Interrupted, "the answer about what a plan needs is larger than 32 MiB")
            }
        })
    }

    /// Reads control files of the server, and may raise.
    async fn extensions(&self, query: Query, sql: &str, facts: &mut Facts) {
        let share = self.left() / 2;
        match self.apart(sql, share).await {
            Ok(answer) => {
                if read(query, &answer, facts).is_err() {
                    facts.extensions = Available::Unknown("the server answered something else".to_owned());
                }
            }
            Err(reason) => facts.extensions = Available::Unknown(reason),
        }
    }

    /// Whether tables hold rows; one that is locked, or may not be read, is taken to hold some.
    async fn empty_ones(&self, plan: &Plan, facts: &mut Facts) {
        let asked = may_be_empty(plan, facts);
        let share = self.left() / 2 / (u32::try_from(asked.len()).unwrap_or(u32::MAX).saturating_add(1));
        let answers = join_all(asked.iter().map(|(_, sql)| self.apart(sql, share))).await;
        for ((relation, _), answer) in asked.into_iter().zip(answers) {
            let is_empty = answer.is_ok_and(|answer| {
                answer.rows.first().and_then(|row| row.try_get(0).ok().flatten()) == Some("t")
            });
            if is_empty {
                facts.empty.insert(relation);
            }
        }
    }

    /// Asks about rows, one query after the other, each for its share of the time that is left.
    async fn rows(&self, plan: &mut Plan, facts: &Facts) {
        let questions = questions(plan, facts);
        let mut answers = Vec::with_capacity(questions.len());
        let mut to_ask = questions.iter().filter(|question| question.query.is_ok()).count();
        for question in questions {
            let answer = match &question.query {
                Err(reason) => Err(reason.clone()),
                Ok(query) => {
                    let share = self.left() / u32::try_from(to_ask).unwrap_or(u32::MAX).max(1);
                    to_ask = to_ask.saturating_sub(1);
                    let schemas = question.search_path.iter().map(quoting::identifier);
                    let path = schemas.chain(["pg_temp".to_owned()]).collect::<Vec<_>>().join(", ");
                    let answer = self.apart_in(&path, &query.sql, share).await;
                    answer.map(|answer| {
                        answer.rows.first().and_then(|row| row.try_get(0).ok().flatten()) == Some("t")
                    })
                }
            };
            answers.push((question, answer));
        }
        conclude(plan, answers);
    }

    async fn apart(&self, sql: &str, share: Duration) -> Result<Answer, String> {
        self.apart_in(PINNED, sql, share).await
    }

    /// One query in a transaction of its own; without an answer, the reason.
    async fn apart_in(&self, search_path: &str, sql: &str, share: Duration) -> Result<Answer, String> {
        let lock = self.limits.lock.min(share / 4);
        let transaction = Transaction { search_path, lock_timeout: lock, statement_timeout: share };
        let message = transaction.message(std::iter::once(sql));
        match timeout_at(self.deadline, self.session.ask(&message, ANSWER_BYTES)).await {
            Ok(Ok(answers)) => answers.into_iter().next().ok_or_else(|| "no answer".to_owned()),
            Ok(Err(AskError::Driver(error))) => Err(refused(&error, lock, share).1),
            Ok(Err(AskError::TooLarge | AskError::Refused(_))) => Err("the answer is too large".to_owned()),
            Err(_) => Err("the time limit passed before".to_owned()),
        }
    }
}

fn read(query: Query, answer: &Answer, facts: &mut Facts) -> Result<(), Error> {
    for row in &answer.rows {
        let text = row.try_get(0).ok().flatten().ok_or_else(garbled)?;
        if !facts.read(query, text) {
            return Err(garbled());
        }
    }
    Ok(())
}
