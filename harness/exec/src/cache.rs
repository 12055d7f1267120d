//! Compiled steps of this process, by the digest of their source.

use crate::prepare::Prepared;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Compiled steps that are kept at once.
const CAPACITY: usize = 256;

/// The digest of a step's file, and whether its name says that it is text.
pub(crate) type Key = (String, bool);

/// Compiled steps, forgotten all at once when there are too many.
#[derive(Default)]
pub(crate) struct Cache {
    prepared: Mutex<HashMap<Key, Arc<Prepared>>>,
}

impl Cache {
    /// What was prepared under `key`.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Prepared>> {
        let prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        prepared.get(key).cloned()
    }

    /// Keeps `value` under `key`.
    pub(crate) fn put(&self, key: Key, value: Arc<Prepared>) {
        let mut prepared = self.prepared.lock().unwrap_or_else(PoisonError::into_inner);
        if prepared.len() >= CAPACITY {
            prepared.clear();
        }
        prepared.insert(key, value);
    }
}
