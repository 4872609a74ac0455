//! Applies a plan: a session of its own, the lock that keeps other appliers out, and the run of the segments.
//!
//! [`Direct::open`] -> [`Direct::lock`] -> [`run`](Direct::run) or [`dry_run`](Direct::dry_run) -> [`Direct::close`].
//! [`backup`] stands beside it.

pub mod backup;
mod direct;
mod dry_run;
mod failure;
mod lock;
mod run;

use std::time::Duration;

use tokio::sync::watch;

pub use direct::{Direct, Facts};
pub use dry_run::Tried;
pub use lock::{Held, LockError};
pub use run::Ran;

use crate::core::plan::PlannedStatement;

/// Becomes true when a person or Kubernetes wants it to end.
pub type Stop = watch::Receiver<bool>;

/// What happens while a plan runs, for whoever tells it.
#[derive(Debug)]
pub enum Event<'p> {
    /// A statement was sent.
    Started {
        /// Its number, from 1, of how many.
        number: usize,
        /// All.
        of: usize,
        /// The statement.
        statement: &'p PlannedStatement,
        /// Whether its segment is a transaction.
        transactional: bool,
    },
    /// It is done.
    Done(Duration),
    /// It is not.
    Failed,
    /// Its segment is rolled back and run again after this wait; which try failed, and with what.
    Again {
        /// The wait.
        wait: Duration,
        /// The number of the try that failed, from 1.
        attempt: u32,
        /// What it failed with.
        sqlstate: String,
    },
    /// All statements of a segment are done, and it is being committed.
    Committing,
    /// A segment is committed: its number, from 1, of how many.
    Committed {
        /// Its number.
        segment: usize,
        /// All.
        of: usize,
    },
}

/// Ends when it is wanted that it ends.
pub async fn stopped(stop: &Stop) {
    let mut stop = stop.clone();
    if stop.wait_for(|stop| *stop).await.is_err() {
        // Nobody is left who could ask for it.
        std::future::pending::<()>().await;
    }
}
