//! How many looks may run at once at one server, so that many audits of one server do not fill its connection slots.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::{Arc, Mutex, PoisonError};

/// The most looks at one server.
pub const PER_HOST: usize = 4;

/// A server, as far as it must be told from others: what a Secret says of it is not kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Host(u64);

impl Host {
    /// The server of this host and port.
    #[must_use]
    pub fn new(key: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        key.hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// Counts the looks that run, by server.
#[derive(Debug, Default)]
pub struct Hosts(Mutex<HashMap<Host, usize>>);

/// A running look; it ends when this is dropped.
#[derive(Debug)]
pub struct Looking {
    hosts: Arc<Hosts>,
    host: Host,
}

impl Hosts {
    /// Whether as many looks at a server run as may.
    pub fn is_busy(&self, host: Host) -> bool {
        let running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        running.get(&host).is_some_and(|count| *count >= PER_HOST)
    }

    /// Starts a look; `None` if as many as may run are running. Never waits: a server that hangs must not take the
    /// places of audits of other servers.
    pub fn try_start(self: &Arc<Self>, host: Host) -> Option<Looking> {
        let mut running = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = running.entry(host).or_default();
        (*count < PER_HOST).then(|| {
            *count += 1;
            Looking { hosts: Arc::clone(self), host }
        })
    }
}

impl Drop for Looking {
    fn drop(&mut self) {
        let mut running = self.hosts.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = running.get_mut(&self.host) {
            *count -= 1;
            if *count == 0 {
                running.remove(&self.host);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_server_takes_a_few_looks_and_others_are_free() {
        let hosts = Arc::new(Hosts::default());
        let (a, b) = (Host::new("a:5432"), Host::new("b:5432"));
        let mut running: Vec<_> = (0..PER_HOST).map(|_| hosts.try_start(a).unwrap()).collect();
        assert!(hosts.is_busy(a) && !hosts.is_busy(b));
        assert!(hosts.try_start(a).is_none());
        assert!(hosts.try_start(b).is_some());
        running.pop();
        assert!(hosts.try_start(a).is_some());
        drop(running);
        assert!(hosts.0.lock().unwrap().is_empty());
    }
}
