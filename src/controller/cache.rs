//! Parsed requirements, kept by digest: audits of one feature set share them, and an audit that nothing changed for
//! parses nothing.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::core::audit::requirement::Requirements;
use crate::translate::feature_set::MissingReference;

/// How many are kept: more than most clusters have feature sets, few enough to be no burden.
const CAPACITY: usize = 64;

/// What documents come to.
#[derive(Debug, Clone, PartialEq)]
pub struct Wanted {
    /// The requirements.
    pub requirements: Requirements,
    /// What the documents refer to in vain.
    pub missing: Vec<MissingReference>,
}

/// The cache.
#[derive(Debug)]
pub struct Cache<T = Wanted>(Mutex<Entries<T>>);

#[derive(Debug)]
struct Entries<T> {
    clock: u64,
    by_digest: HashMap<String, (u64, Arc<T>)>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self(Mutex::new(Entries { clock: 0, by_digest: HashMap::new() }))
    }
}

impl<T> Cache<T> {
    /// What is kept under this digest.
    pub fn get(&self, digest: &str) -> Option<Arc<T>> {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let now = entries.clock;
        entries.by_digest.get_mut(digest).map(|(used, wanted)| {
            *used = now;
            Arc::clone(wanted)
        })
    }

    /// Keeps this; what was not used for the longest time goes when there is no room.
    pub fn put(&self, digest: &str, wanted: &Arc<T>) {
        let mut entries = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        entries.clock += 1;
        let now = entries.clock;
        entries.by_digest.insert(digest.to_owned(), (now, Arc::clone(wanted)));
        if entries.by_digest.len() > CAPACITY {
            let oldest = entries.by_digest.iter().min_by_key(|(_, (used, _))| *used);
            if let Some(oldest) = oldest.map(|(digest, _)| digest.clone()) {
                entries.by_digest.remove(&oldest);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_least_recently_used_entry_makes_room() {
        let cache = Cache::default();
        let wanted = Arc::new(Wanted { requirements: Requirements::default(), missing: Vec::new() });
        cache.put("first", &wanted);
        cache.put("second", &wanted);
        for number in 0..CAPACITY - 2 {
            cache.put(&number.to_string(), &wanted);
        }
        assert!(cache.get("first").is_some());
        cache.put("one more", &wanted);
        assert!(cache.get("first").is_some() && cache.get("second").is_none());
    }
}
