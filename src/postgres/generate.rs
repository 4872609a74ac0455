//! Features from a live database: sends the queries of [`core::generate`](crate::core::generate), hands the rows back.
//!
//! Read-only like an audit. The server opens tables to print their expressions, so here a lock of another session can
//! stand in the way: then nothing is generated, and the error names the locked tables.

use tokio::time::{Instant, timeout_at};
use tokio_postgres::SimpleQueryRow;
use tokio_postgres::error::SqlState;

use super::connect::{AskError, Session};
use super::error::while_looking;
use super::observe::spoken;
use super::transaction::{PINNED, Transaction};
use super::{Error, Failure, Limits, Target};
use crate::core::generate::{
    Collected, Collector, Generated, Options, RowError, SETTINGS, outside_query, queries,
};

/// The most that the server may answer, in bytes.
const BYTES: usize = 1024 * 1024 * 1024;

/// The most tables that an error names.
const NAMED: usize = 5;

/// Which tables others hold with a lock that reading an expression waits for.
const LOCKED: &str = "select distinct n.nspname || '.' || c.relname \
     from pg_catalog.pg_locks as l \
     join pg_catalog.pg_class as c on c.oid = l.relation \
     join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
     join pg_catalog.pg_database as d on d.oid = l.database \
     where d.datname = pg_catalog.current_database() and l.granted and l.mode = 'AccessExclusiveLock' \
     and c.relkind in ('r', 'p', 'v', 'm', 'f', 'i', 'I') and n.nspname !~ '^pg_' order by 1";

/// The features of a database.
pub async fn generate(target: &Target, options: &Options, limits: &Limits) -> Result<Generated, Error> {
    let deadline = Instant::now() + limits.total;
    let session = match timeout_at(deadline, Session::open(target)).await {
        Ok(opened) => opened?,
        Err(_) => return Err(timed_out(limits, "the server did not let the connection in")),
    };
    let reading = Reading { session: &session, options, limits, deadline };
    let generated = timeout_at(deadline, reading.generate()).await;
    if let Ok(generated) = generated {
        session.close().await;
        return generated;
    }
    session.cancel().await;
    Err(timed_out(limits, "the server did not answer about its catalog"))
}

fn timed_out(limits: &Limits, what: &str) -> Error {
    let message = format!("{what} within the time limit of {}", spoken(limits.total));
    Error::new(Failure::TimedOut, message)
}

struct Reading<'a> {
    session: &'a Session,
    options: &'a Options,
    limits: &'a Limits,
    deadline: Instant,
}

impl Reading<'_> {
    async fn generate(&self) -> Result<Generated, Error> {
        let collected = self.collect().await?;
        let nodes = collected.outside();
        let outside =
            if nodes.is_empty() { Vec::new() } else { self.outside(&outside_query(&nodes)).await? };
        collected.generate(&outside, self.options).map_err(|error| garbled(&error))
    }

    async fn collect(&self) -> Result<Collected, Error> {
        let mut collector = Collector::default();
        let queries = queries(self.options);
        let message = self.message(&queries);
        let answered = self
            .session
            .each(&message, BYTES, |position, _, row| {
                collector.row(position, json(&row)?).map_err(|error| garbled(&error))
            })
            .await;
        match answered {
            Ok(_) => Ok(collector.collected(self.options)),
            Err(error) => Err(self.explain(error).await),
        }
    }

    async fn outside(&self, query: &str) -> Result<Vec<String>, Error> {
        let mut rows = Vec::new();
        let message = self.message(&[query.to_owned()]);
        let answered = self
            .session
            .each(&message, BYTES, |_, _, row| {
                rows.push(json(&row)?.to_owned());
                Ok(())
            })
            .await;
        match answered {
            Ok(_) => Ok(rows),
            Err(error) => Err(self.explain(error).await),
        }
    }

    fn message(&self, queries: &[String]) -> String {
        let transaction = Transaction {
            search_path: PINNED,
            lock_timeout: self.limits.lock,
            statement_timeout: self.deadline.saturating_duration_since(Instant::now()),
        };
        transaction.message(SETTINGS.iter().copied().chain(queries.iter().map(String::as_str)))
    }

    async fn explain(&self, error: AskError) -> Error {
        match error {
            AskError::Driver(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE) => {
                let locked = self.locked().await;
                let what = if locked.is_empty() { "a table".to_owned() } else { locked };
                let waited = spoken(self.limits.lock);
                Error::new(
                    Failure::TimedOut,
                    format!(
                        "{what} is locked by another session (waited {waited}): try again when it is done"
                    ),
                )
            }
            AskError::Driver(error) => while_looking(&error),
            AskError::Refused(error) => error,
            AskError::TooLarge => Error::new(
                Failure::Interrupted,
                format!(
                    "the answer is larger than {} MiB: generate one schema at a time",
                    BYTES / (1024 * 1024)
                ),
            ),
        }
    }

    /// The names of locked tables, the first ones.
    async fn locked(&self) -> String {
        let message = self.message(&[LOCKED.to_owned()]);
        let mut names: Vec<String> = Vec::new();
        let take = |_: usize, _: &[String], row: SimpleQueryRow| {
            names.extend(row.try_get(0).ok().flatten().map(str::to_owned));
            Ok(())
        };
        // Without names the error says less, and is still true.
        let _ = self.session.each(&message, BYTES, take).await;
        let more = names.len().saturating_sub(NAMED);
        names.truncate(NAMED);
        let more = if more > 0 { format!(" and {more} more") } else { String::new() };
        format!("{}{more}", names.join(", "))
    }
}

fn json(row: &SimpleQueryRow) -> Result<&str, Error> {
    let value = row.try_get(0).ok().flatten();
    value.ok_or_else(|| Error::new(Failure::Interrupted, "the server gave an empty row about its catalog"))
}

fn garbled(error: &RowError) -> Error {
    Error::new(Failure::Interrupted, error.to_string())
}
