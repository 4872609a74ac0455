//! A real standby whose replay cancels an audit, at a moment that the test chooses.
//!
//! A reader is cancelled for the rows that its snapshot needs, while it waits for a lock that the primary holds: so the
//! test knows where it stands, and nothing depends on time. `Conflicts` keeps transactions open that were under way when
//! the reader's snapshot was taken. Each that ends, and whose dead rows are vacuumed, cancels who still needs them.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use schema_audit::core::audit::compare::{Depth, compare};
use schema_audit::core::audit::definitions::Definitions;
use schema_audit::core::audit::report::Report;
use schema_audit::core::audit::requirement::{Requirements, Selection};
use schema_audit::postgres::{Error, Failure, Limits, Origin, Target, observe_with};

use crate::definitions::told;
use crate::plan::set;
use crate::support::{Database, Server, Session};

/// Nothing ends by these: a test that runs into them fails by its own assertion.
const LIMITS: Limits = Limits { total: Duration::from_secs(30), lock: Duration::from_secs(30) };

/// How many audits may lose their session before one that does not.
const TRIES: usize = 20;

const SQL: &str = "create table t (a int, b int);
     create policy p on t using (a > 1);
     create view v as select a from t where b > 0;
     create function f() returns int language sql immutable as 'select 1';
     create table levels (id int primary key);
     insert into levels values (1)";

/// A primary, a standby that waits for no reader, and what the primary has under way.
struct Conflicts {
    standby: Session,
    url: String,
    /// What is audited.
    required: &'static str,
    /// What the primary runs before the first conflict.
    meanwhile: &'static str,
    /// The transactions whose end makes a conflict, each with the table that is vacuumed for it.
    transactions: Vec<(Session, String)>,
    /// Holds the lock that readers wait for; `None` once it is given back.
    lock: Option<Session>,
    database: Database,
    /// Dropped last.
    _servers: (Server, Server),
}

impl Conflicts {
    /// Readers wait for `locked`, and can be cancelled so many times.
    fn new(times: usize, locked: &str) -> Self {
        let primary = Server::start(&[]);
        let at = primary.directory().display().to_string();
        let standby = Server::start(&["--standby-of", &at, "--set", "max_standby_streaming_delay=0"]);
        let database = Database::on(&primary);
        database.execute(SQL);
        let tables: Vec<String> = (0..times).map(|nth| format!("dead_{nth}")).collect();
        for table in &tables {
            database.execute(&format!(
                "create table {table} (x int) with (autovacuum_enabled = off); insert into {table} values (1)"
            ));
        }
        let delete = |table: String| {
            let session = database.session();
            session.execute(&format!("begin; delete from {table}"));
            (session, table)
        };
        let transactions: Vec<_> = tables.into_iter().map(delete).collect();
        // Begun last: a transaction that is older than the dead rows would keep them.
        let lock = database.session();
        lock.execute(&format!("begin; lock table {locked} in access exclusive mode"));
        let url = standby.url_of(database.name());
        // Of another database: its sessions open nothing that is locked.
        let watcher = standby.session("postgres");
        watcher.wait_until(&format!("select pg_last_wal_replay_lsn() >= '{}'", written(&database)), "t");
        let (lock, servers) = (Some(lock), (primary, standby));
        let (required, meanwhile) = (SQL, "");
        Self { standby: watcher, url, required, meanwhile, transactions, lock, database, _servers: servers }
    }

    /// Cancels the audit, which waits.
    fn cancel_reader(&mut self) {
        let (transaction, table) = self.transactions.remove(0);
        self.database.execute(std::mem::take(&mut self.meanwhile));
        transaction.execute("commit");
        self.database.execute(&format!("vacuum (truncate false) {table}"));
        written(&self.database);
    }

    /// Cancels the audit each time that it waits, as often as can be, and then lets it through, until it is over. Gives the
    /// sessions that waited, one for each wait.
    fn drive(&mut self, over: &AtomicBool) -> Vec<String> {
        let (mut began, mut waits, start) = ("-infinity".to_owned(), Vec::new(), Instant::now());
        loop {
            let seen = self.standby.query(&format!(
                "select query_start || ',' || pid from pg_locks join pg_stat_activity using (pid) \
                 where application_name = 'schema-audit' and not granted and query_start > '{began}'"
            ));
            let seen = seen.first().and_then(|seen| seen.split_once(','));
            match seen {
                Some(_) if self.transactions.is_empty() => self.lock = None,
                Some(_) => self.cancel_reader(),
                None if over.load(Ordering::Relaxed) => return waits,
                None => std::thread::yield_now(),
            }
            if let Some((query_start, session)) = seen {
                query_start.clone_into(&mut began);
                waits.push(session.to_owned());
            }
            assert!(start.elapsed() < Duration::from_secs(40), "the audit neither waits nor ends");
        }
    }

    /// An audit under these conditions, and the sessions that waited.
    fn audit(mut self) -> (Result<Report, Error>, Vec<String>) {
        let requirements = Requirements::of(&set(self.required), &Selection::default());
        let target = Target::parse(&self.url, None, Origin::CommandLine).unwrap();
        let over = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let looked = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                let looked =
                    runtime.block_on(observe_with(&target, &requirements, &LIMITS, Definitions::Ask));
                over.store(true, Ordering::Relaxed);
                looked.map(|observation| {
                    assert!(observation.server.in_recovery);
                    compare(&requirements, &observation, Depth::Shape)
                })
            });
            let waits = self.drive(&over);
            (looked.join().unwrap(), waits)
        })
    }
}

/// Sends all that was written by now to the standby, and gives how far that is. Neither a lock nor what a VACUUM takes away
/// is sent by itself at once.
fn written(database: &Database) -> String {
    database.query("select pg_switch_wal()").concat()
}

/// An audit that waits twice in one session, because it was cancelled once and tried again.
///
/// The replay signals every 5 ms until the reader's transaction is over. The signal that finds it being rolled back ends
/// the session (PostgreSQL up to 18, `ProcessInterrupts`: a conflict that is pending where the next statement is read), and
/// the one that comes late cancels the next transaction before it waits. Both are other cases, and the load of the machine
/// decides about them.
fn audit_that_waits_twice(conflicts: impl Fn() -> Conflicts) -> Result<Report, Error> {
    let broke = |report: &Report| told(report).iter().any(|line| line.contains("the connection broke"));
    let waited_twice = |(report, waits): &(Result<Report, Error>, Vec<String>)| {
        waits.len() == 2 && waits[0] == waits[1] && !report.as_ref().is_ok_and(broke)
    };
    let mut audits = (0..TRIES).map(|_| conflicts().audit());
    audits.find(waited_twice).expect("an audit that waits twice in one session").0
}

#[test]
fn v8_a_catalog_whose_reading_the_replay_cancels_is_read_again() {
    let report = audit_that_waits_twice(|| Conflicts::new(1, "pg_policy"));
    let report = report.unwrap();
    assert_eq!(told(&report), [""; 0]);
    assert!(report.is_compliant() && report.summary.present > 6, "{:?}", report.summary);
}

#[test]
fn v8_nothing_of_a_reading_that_the_replay_cancelled_is_left_in_the_next_one() {
    let conflicts = || Conflicts { meanwhile: "drop function f()", ..Conflicts::new(1, "pg_policy") };
    let report = audit_that_waits_twice(conflicts);
    assert_eq!(told(&report.unwrap()), ["Missing function/public.f()"]);
}

#[test]
fn v8_seed_rows_whose_reading_the_replay_cancels_are_read_again() {
    let report = audit_that_waits_twice(|| Conflicts::new(1, "levels"));
    assert_eq!(told(&report.unwrap()), [""; 0]);
}

#[test]
fn v8_a_catalog_whose_reading_the_replay_cancels_twice_is_an_error_and_nothing_is_missing() {
    let report = audit_that_waits_twice(|| Conflicts::new(2, "pg_policy"));
    let error = report.unwrap_err();
    assert_eq!((error.failure, error.failure.is_transient()), (Failure::Interrupted, true), "{error}");
}

#[test]
fn v8_definitions_whose_reading_the_replay_cancels_are_read_again() {
    // One alone: where several are read together, each is read apart after an error anyway.
    let required = "create table t (a int, b int); create view v as select a from t where b > 0";
    let report = audit_that_waits_twice(|| Conflicts { required, ..Conflicts::new(1, "t") });
    assert_eq!(told(&report.unwrap()), [""; 0]);
}

#[test]
fn v8_definitions_whose_reading_the_replay_cancels_again_and_again_are_unknown() {
    let mut audits = (0..TRIES).map(|_| Conflicts::new(12, "t").audit());
    let (report, _) = audits.find(|(_, waits)| waits.len() > 2).expect("a session that lives for a while");
    let report = report.unwrap();
    // A conflict that finds the session between two statements ends it.
    let reasons = ["the replay of the standby cancelled its reading twice", "the connection broke before"];
    let told = told(&report);
    for definition in ["view/public.v", "policy/public.t.p"] {
        let says = |line: &&String| line.contains(definition) && reasons.iter().any(|why| line.contains(why));
        assert_eq!(told.iter().filter(says).count(), 1, "{told:?}");
    }
    assert_eq!((report.summary.missing, report.summary.different), (0, 0));
}
