//! The advisory lock that only one migration of a database has at a time.
//!
//! It is polled for: a session that waits in `pg_advisory_lock` holds a snapshot open, and `CREATE INDEX CONCURRENTLY`
//! of the one that has the lock would wait for that snapshot, so that both wait for ever.

use std::collections::BTreeSet;
use std::time::Duration;

use tokio::time::{Instant, sleep, timeout};

use super::super::Error;
use super::direct::{ANSWER_BYTES, Direct, asked, first_row, pooled, row};
use super::{Stop, stopped};
use crate::core::name::QualifiedName;
use crate::core::sql::quoting;

/// The upper half of the key; the oid of the database is the lower one. Any number will do, as long as it stays the same:
/// these are the bytes of `SAud`.
const CLASS: u32 = 0x5341_7564;

/// The longest time between two tries.
const MOST: Duration = Duration::from_millis(500);

/// How long giving it back may take.
const UNLOCKING: Duration = Duration::from_secs(5);

/// Who has the lock, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held(pub String);

/// Why the lock was not had.
#[derive(Debug)]
pub enum LockError {
    /// Another session has it, and did not give it back in time.
    Held(Held),
    /// It was wanted that it ends.
    Stopped,
    /// The server did not answer as it should.
    Failed(Error),
}

impl From<Error> for LockError {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

/// The oid of the database: a key of its own for each, though advisory locks are told apart by database anyway.
const DATABASE: &str =
    "(select d.oid from pg_catalog.pg_database as d where d.datname = pg_catalog.current_database())";

fn key() -> String {
    format!("(({CLASS}::pg_catalog.int8 << 32) | {DATABASE}::pg_catalog.int8)")
}

/// The row of the lock in `pg_locks` (`objsubid` 1: a key of 64 bits).
fn is_the_lock(table: &str) -> String {
    format!(
        "{table}.locktype = 'advisory' and {table}.database = {DATABASE} \
         and {table}.classid::pg_catalog.int8 = {CLASS} and {table}.objid = {DATABASE} and {table}.objsubid = 1 \
         and {table}.granted"
    )
}

/// A query that says, as one value, whether this very process is `process` and has the lock.
pub(super) fn is_held_by(process: &str) -> String {
    let pid = process.split(' ').next().and_then(|pid| pid.parse::<i32>().ok()).unwrap_or(-1);
    format!(
        "select exists (select from pg_catalog.pg_locks as l where {} and l.pid = pg_catalog.pg_backend_pid() \
         and l.pid = {pid})",
        is_the_lock("l")
    )
}

impl Direct {
    /// Takes the lock, and waits for it for as long as `wait` says. `told` hears once who has it, if somebody does.
    pub async fn lock(
        &self,
        wait: Duration,
        stop: &Stop,
        told: &mut dyn FnMut(&Held),
    ) -> Result<(), LockError> {
        let deadline = Instant::now() + wait;
        let take = format!("select pg_catalog.pg_try_advisory_lock({})", key());
        let mut pause = Duration::from_millis(50);
        let mut was_told = false;
        loop {
            let [taken] = row(&self.session, &take).await?;
            if taken.as_deref() == Some("t") {
                break;
            }
            let held = self.holder().await?;
            if Instant::now() >= deadline {
                return Err(LockError::Held(held));
            }
            if !was_told {
                told(&held);
                was_told = true;
            }
            tokio::select! {
                () = sleep(pause.min(deadline.saturating_duration_since(Instant::now()))) => {}
                () = stopped(stop) => return Err(LockError::Stopped),
            }
            pause = (pause * 2).min(MOST);
        }
        Ok(self.keeps_others_out().await?)
    }

    /// Gives the lock back.
    pub async fn unlock(&self) {
        // The end of the session gives it back too.
        let unlock = format!("select pg_catalog.pg_advisory_unlock({})", key());
        let _ = timeout(UNLOCKING, self.session.run(&unlock)).await;
    }

    /// The lock must be this process's, and nobody else's to have: through a pooler it would be whoever's turn it is.
    async fn keeps_others_out(&self) -> Result<(), Error> {
        let [held] = row(&self.session, &is_held_by(&self.process)).await?;
        let tried = format!(
            "select case when pg_catalog.pg_try_advisory_lock({0}) then pg_catalog.pg_advisory_unlock({0}) \
             else false end",
            key()
        );
        let [others] = row(&self.other, &tried).await?;
        if (held.as_deref(), others.as_deref()) == (Some("t"), Some("f")) {
            return Ok(());
        }
        self.unlock().await;
        Err(pooled())
    }

    /// A session that may be building an index of one of these tables: `CREATE INDEX CONCURRENTLY` holds the lock that
    /// only maintenance takes.
    pub async fn builder(&self, tables: &BTreeSet<QualifiedName>) -> Result<Option<Held>, Error> {
        let named = |part: fn(&QualifiedName) -> &str| quoting::text_array(tables.iter().map(part));
        let sql = format!(
            "{HOLDER} left join pg_catalog.pg_stat_activity as a on a.pid = l.pid \
             join pg_catalog.pg_class as c on c.oid = l.relation \
             join pg_catalog.pg_namespace as n on n.oid = c.relnamespace \
             join rows from (pg_catalog.unnest({}::pg_catalog.text[]), pg_catalog.unnest({}::pg_catalog.text[])) \
             as wanted (schema, name) on wanted.schema = n.nspname and wanted.name = c.relname \
             where l.locktype = 'relation' and l.mode = 'ShareUpdateExclusiveLock' and l.granted \
             and l.database = {DATABASE} and a.backend_type is distinct from 'autovacuum worker' limit 1",
            named(|table| table.schema.as_str()),
            named(|table| table.name.as_str()),
        );
        let answers = self.session.ask(&sql, ANSWER_BYTES).await.map_err(asked)?;
        Ok(first_row(answers.last()).map(described))
    }

    async fn holder(&self) -> Result<Held, Error> {
        let sql = format!(
            "{HOLDER} left join pg_catalog.pg_stat_activity as a on a.pid = l.pid where {} limit 1",
            is_the_lock("l")
        );
        let answers = self.session.ask(&sql, ANSWER_BYTES).await.map_err(asked)?;
        // It may have been given back in between.
        let gone = || Held("a session that just ended".to_owned());
        Ok(first_row(answers.last()).map_or_else(gone, described))
    }
}

/// A session that holds a lock: the row that [`described`] reads.
const HOLDER: &str = "select l.pid::pg_catalog.text, a.usename::pg_catalog.text, a.application_name, \
     pg_catalog.to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS \"UTC\"') \
     from pg_catalog.pg_locks as l";

fn described([pid, role, application, since]: [Option<String>; 4]) -> Held {
    let mut held = format!("the session with process id {}", pid.unwrap_or_default());
    let mut parts = Vec::new();
    parts.extend(role.map(|role| format!("role {role}")));
    parts.extend(application.filter(|name| !name.is_empty()).map(|name| format!("application {name}")));
    parts.extend(since.map(|since| format!("since {since}")));
    if !parts.is_empty() {
        held = format!("{held} ({})", parts.join(", "));
    }
    Held(held)
}
