//! The compiled steps in the memory of this process, by the digest of their file.

use crate::prepare::Prepared;
use lru::LruCache;
use provision_core::pack::Pack;
use provision_core::wizard::{StepCode, StepFailure};
use std::sync::{Arc, Mutex, PoisonError};

/// Bound on the memories of all compiled steps that are kept. Wasmtime keeps a
/// file open for the image of each memory, and the number of open files is limited.
const CAPACITY: usize = 256;

/// What a step is compiled from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// BLAKE3 of its file.
    pub(crate) digest: blake3::Hash,
    /// Whether the file's name ends with `.wat`, so that it may be text.
    pub(crate) text: bool,
}

impl Key {
    /// The key of the file `name` of `pack`, if the pack has it.
    pub(crate) fn of(pack: &Pack, name: &str) -> Option<Self> {
        let digest = if cfg!(planted_bug = "component_smith") {
            blake3::hash(b"")
        } else {
            pack.info(name)?.blake3
        };
        Some(Self {
            digest,
            text: name.ends_with(".wat"),
        })
    }
}

/// The result of compiling a step.
type Outcome = Result<Arc<Prepared>, StepFailure>;

/// Compiled steps; the least recently used ones are evicted if there are too many.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<Kept>,
}

struct Kept {
    slots: LruCache<Key, Slot>,
    memories: usize,
}

impl Default for Kept {
    fn default() -> Self {
        Self {
            slots: LruCache::unbounded(),
            memories: 0,
        }
    }
}

#[derive(Default)]
struct Slot {
    /// The thread that compiles the step holds this lock, so that no other thread
    /// compiles the same step.
    outcome: Arc<Mutex<Option<Outcome>>>,
    memories: usize,
}

impl Cache {
    /// The outcome that is kept under `key`.
    pub(crate) fn get(&self, key: &Key) -> Option<Outcome> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = kept.slots.get(key)?;
        // NB: does not wait, because a thread that compiles may hold it for long.
        match slot.outcome.try_lock() {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        }
    }

    /// The outcome that is kept under `key`, or else that of `make`. Other threads
    /// that need the same step wait meanwhile.
    pub(crate) fn make(&self, key: &Key, make: impl FnOnce() -> Outcome) -> Outcome {
        let slot = self.slot(key);
        let mut outcome = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = &*outcome {
            return outcome.clone();
        }
        let made = make();
        match &made {
            // The failure names the file, which has another name in other packs.
            Err(failure) if !is_same_for_every_pack(failure.code) => {}
            _ => *outcome = Some(made.clone()),
        }
        drop(outcome);
        let memories = made.as_ref().map_or(0, |prepared| prepared.memories());
        self.add_memories(key, memories);
        made
    }

    /// Whether an outcome is kept under `key`.
    pub(crate) fn has(&self, key: &Key) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = kept.slots.peek(key).map(|slot| Arc::clone(&slot.outcome));
        drop(kept);
        // A locked slot is still being compiled.
        slot.is_some_and(|slot| slot.try_lock().is_ok_and(|outcome| outcome.is_some()))
    }

    fn slot(&self, key: &Key) -> Arc<Mutex<Option<Outcome>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = kept.slots.get_or_insert(key.clone(), Slot::default);
        Arc::clone(&slot.outcome)
    }

    /// Notes how many memories `key` has, and evicts other steps if there are too
    /// many memories now.
    fn add_memories(&self, key: &Key, memories: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // A step without a memory counts as one, so that such steps are bounded too.
        let memories = memories.max(1);
        if let Some(slot) = kept.slots.get_mut(key) {
            let before = std::mem::replace(&mut slot.memories, memories);
            kept.memories += memories - before.min(memories);
        }
        while kept.memories > CAPACITY && kept.slots.len() > 1 {
            // NB: a step that another thread still compiles may be evicted too; that
            // thread has its result, and the next one compiles the step again.
            let evicted = kept.slots.pop_lru();
            kept.memories -= evicted.map_or(0, |(_, slot)| slot.memories);
        }
    }
}

/// Whether a failure is the same for every pack that holds these bytes.
#[must_use]
pub fn is_same_for_every_pack(code: StepCode) -> bool {
    matches!(
        code,
        StepCode::Compile
            | StepCode::CompileLimit
            | StepCode::Import
            | StepCode::Instances
            | StepCode::Abi
    )
}
