//! [`Built`]: keeps the automata that search for secrets.

use aho_corasick::AhoCorasickKind;
use lru::LruCache;
use std::collections::BTreeMap;
use std::num::NonZeroUsize;
use std::sync::{Mutex, PoisonError};

/// How the automata are built.
///
/// NB: a DFA, which is the default for so few needles, takes longer to build than all texts of
/// a pack take to search.
pub(super) const AUTOMATON: AhoCorasickKind = AhoCorasickKind::ContiguousNFA;

/// Sets of secrets whose automata are cached.
const CACHED: NonZeroUsize = NonZeroUsize::MIN.saturating_add(15);

/// The automata of the last sets of secrets.
///
/// NB: building an automaton takes longer than searching with it, and the harness searches
/// for the same secrets in each run of each pack.
pub(super) struct Built<T>(Mutex<LruCache<BTreeMap<String, String>, T>>);

impl<T> Default for Built<T> {
    fn default() -> Self {
        Self(Mutex::new(LruCache::new(CACHED)))
    }
}

impl<T: Clone> Built<T> {
    /// What `build` makes of `secrets`.
    pub(super) fn of(
        &self,
        secrets: &BTreeMap<String, String>,
        build: impl FnOnce(&BTreeMap<String, String>) -> T,
    ) -> T {
        let cache = || self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(built) = cache().get(secrets) {
            return built.clone();
        }
        let built = build(secrets);
        cache().put(secrets.clone(), built.clone());
        built
    }
}
