//! [`Recent`]: keeps what was made last.

use lru::LruCache;
use std::hash::Hash;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// Values that were made last, by what they were made of.
///
/// NB: the harness searches for the same secrets in each run of each pack, and most texts of a
/// run are those of the run before. Preparing the search, and decoding the texts, takes longer
/// than the search.
pub(super) struct Recent<K: Hash + Eq, T>(Mutex<LruCache<K, T>>);

impl<K: Hash + Eq + Clone, T: Clone> Recent<K, T> {
    /// Keeps at most this many values.
    pub(super) fn of(most: NonZeroUsize) -> Self {
        Self(Mutex::new(LruCache::new(most)))
    }

    /// What `make` makes of `key`.
    pub(super) fn get(&self, key: &K, make: impl FnOnce() -> T) -> T {
        let recent = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = recent().get(key) {
            return value.clone();
        }
        // NB: the lock is free meanwhile.
        let value = make();
        recent().put(key.clone(), value.clone());
        value
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::Cell;

    #[test]
    fn value_is_made_again_only_after_too_many_others() {
        let made = Cell::new(0);
        let recent = Recent::of(NonZeroUsize::MIN.saturating_add(1));
        let get = |key: u8| {
            let make = || {
                made.set(made.get() + 1);
                u32::from(key) * 2
            };
            assert_eq!(recent.get(&key, make), u32::from(key) * 2);
            made.get()
        };
        assert_eq!([1, 1, 2, 1, 3, 2].map(get), [1, 1, 2, 2, 3, 4]);
    }
}
