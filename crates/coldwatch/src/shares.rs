//! How much of something each has, whoever they are, so that one does not take what is for all.

use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

type Counts<K> = Arc<Mutex<HashMap<K, usize>>>;

/// What is handed out, to whom.
pub(crate) struct Shares<K> {
    counts: Counts<K>,
    /// Nobody has more than this.
    each: usize,
}

/// What one has, given back when it is dropped.
pub(crate) struct Share<K: Copy + Eq + Hash> {
    of: K,
    size: usize,
    counts: Counts<K>,
}

impl<K: Copy + Eq + Hash> Shares<K> {
    /// Nobody has any of it yet.
    pub(crate) fn new(each: usize) -> Self {
        Self { counts: Arc::default(), each }
    }

    /// So much more for one; `None` where that is more than each may have.
    pub(crate) fn take(&self, of: K, size: usize) -> Option<Share<K>> {
        let mut counts = lock(&self.counts);
        let all = counts.get(&of).copied().unwrap_or_default() + size;
        if all > self.each {
            return None;
        }
        counts.insert(of, all);
        Some(Share { of, size, counts: self.counts.clone() })
    }

    /// Whether all of it was given back.
    #[cfg(test)]
    pub(crate) fn is_empty(&self) -> bool {
        lock(&self.counts).is_empty()
    }
}

impl<K: Copy + Eq + Hash> Drop for Share<K> {
    fn drop(&mut self) {
        let mut counts = lock(&self.counts);
        if let Some(all) = counts.get_mut(&self.of) {
            *all -= self.size;
            if *all == 0 {
                counts.remove(&self.of);
            }
        }
    }
}

fn lock<K>(counts: &Mutex<HashMap<K, usize>>) -> MutexGuard<'_, HashMap<K, usize>> {
    counts.lock().unwrap_or_else(PoisonError::into_inner)
}
