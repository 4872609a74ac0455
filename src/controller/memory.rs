//! What the operator remembers of each audit between two looks. Nothing of it need survive a restart.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::hosts::Host;
use crate::api::SchemaAuditStatus;
use crate::core::decision::LastRun;

/// What is remembered of one audit.
#[derive(Debug, Clone)]
pub struct Remembered {
    /// When this process first saw it.
    pub first_seen: Timestamp,
    /// The last look.
    pub last_run: Option<LastRun>,
    /// How many reconciliations in a row did not end.
    pub interrupted: u32,
    /// The server that was looked at last.
    pub host: Option<Host>,
    /// When a look is due for a migration that waits for that moment.
    pub migration_due: Option<Timestamp>,
    /// The status that was written last, until the store has caught up with it.
    pub written: Option<Written>,
}

impl Remembered {
    fn first_seen(now: Timestamp) -> Self {
        Self {
            first_seen: now,
            last_run: None,
            interrupted: 0,
            host: None,
            migration_due: None,
            written: None,
        }
    }
}

/// A status that was written.
#[derive(Debug, Clone)]
pub struct Written {
    /// The version of the object after the write.
    pub resource_version: String,
    /// The status.
    pub status: SchemaAuditStatus,
}

impl Written {
    /// Whether this was written after that version of the object. Resource versions are numbers that grow.
    #[must_use]
    pub fn is_newer_than(&self, resource_version: Option<&str>) -> bool {
        let number = |version: &str| version.parse::<u64>().ok();
        resource_version.and_then(number) < number(&self.resource_version)
    }
}

/// What is remembered, by the uid of the object. An object is reconciled by one task at a time, so that what a task
/// recalls stays true until it remembers something else.
#[derive(Debug, Default)]
pub struct Memory(Mutex<HashMap<String, Entry>>);

#[derive(Debug)]
struct Entry {
    remembered: Remembered,
    /// The version of the object that the store shows.
    shown: Option<String>,
}

impl Entry {
    /// A status need not be kept beside the store that has it.
    fn settle(&mut self) {
        let written = self.remembered.written.as_ref();
        if written.is_some_and(|written| !written.is_newer_than(self.shown.as_deref())) {
            self.remembered.written = None;
        }
    }
}

impl Memory {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What is remembered of this object; it is first seen now if nothing is.
    pub fn recall(&self, uid: &str, now: Timestamp) -> Remembered {
        let unknown = || Entry { remembered: Remembered::first_seen(now), shown: None };
        self.all().entry(uid.to_owned()).or_insert_with(unknown).remembered.clone()
    }

    /// Remembers this from now on, unless the object was forgotten in the meantime.
    pub fn remember(&self, uid: &str, remembered: Remembered) {
        if let Some(entry) = self.all().get_mut(uid) {
            entry.remembered = remembered;
            entry.settle();
        }
    }

    /// The store shows this version of an object now. It may well do so before the task that wrote it remembers that.
    pub fn shown(&self, uid: &str, resource_version: Option<String>) {
        if let Some(entry) = self.all().get_mut(uid) {
            entry.shown = resource_version;
            entry.settle();
        }
    }

    /// Forgets a deleted object.
    pub fn forget(&self, uid: &str) {
        self.all().remove(uid);
    }

    /// Forgets all objects but these: deletions that were missed while a watch was broken.
    pub fn forget_all_but(&self, keep: impl Fn(&str) -> bool) {
        self.all().retain(|uid, _| keep(uid));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_object_is_first_seen_once_until_it_is_forgotten() {
        let memory = Memory::default();
        let (early, late) = (Timestamp::UNIX_EPOCH, Timestamp::MAX);
        assert_eq!(memory.recall("a", early).first_seen, early);
        assert_eq!(memory.recall("a", late).first_seen, early);
        memory.forget_all_but(|uid| uid == "b");
        assert_eq!(memory.recall("a", late).first_seen, late);
    }

    #[test]
    fn a_written_status_is_kept_until_the_store_has_it_whichever_is_told_first() {
        let now = Timestamp::UNIX_EPOCH;
        let memory = Memory::default();
        let write = |version: &str| {
            let written = Written { resource_version: version.into(), status: SchemaAuditStatus::default() };
            memory.remember("a", Remembered { written: Some(written), ..memory.recall("a", now) });
        };
        let keeps = || memory.recall("a", now).written.is_some();
        write("100");
        assert!(keeps());
        memory.shown("a", Some("99".into()));
        assert!(keeps());
        memory.shown("a", Some("100".into()));
        assert!(!keeps());
        memory.shown("a", Some("102".into()));
        write("101");
        assert!(!keeps());
    }
}
