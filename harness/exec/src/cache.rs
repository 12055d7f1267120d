//! Compiled steps of this process, by the digest of their source.

use crate::prepare::Prepared;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Memories of compiled steps that are kept at once. Wasmtime holds a file
/// open for the image of each, and a process may only have so many.
const CAPACITY: usize = 256;

/// The digest of a step's file, and whether its name says that it is text.
pub(crate) type Key = (String, bool);

/// Compiled steps, forgotten all at once when there are too many.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    prepared: HashMap<Key, Arc<Prepared>>,
    memories: usize,
}

impl Cache {
    /// What was prepared under `key`.
    pub(crate) fn get(&self, key: &Key) -> Option<Arc<Prepared>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.prepared.get(key).cloned()
    }

    /// Keeps `value` under `key`.
    pub(crate) fn put(&self, key: Key, value: Arc<Prepared>) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is free, also a step without a memory.
        let memories = value.memories().max(1);
        if kept.memories + memories > CAPACITY {
            *kept = Kept::default();
        }
        kept.memories += memories;
        kept.prepared.insert(key, value);
    }
}
