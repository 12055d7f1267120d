//! Compiled steps of this process, by the digest of their source.

use crate::prepare::Prepared;
use provision_core::pack::Pack;
use provision_core::wizard::{StepCode, StepFailure};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// Memories of compiled steps that are kept at once. Wasmtime holds a file
/// open for the image of each, and a process may only have so many.
const CAPACITY: usize = 256;

/// What a step is compiled from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    /// BLAKE3 of its file.
    pub(crate) digest: blake3::Hash,
    /// Whether its name says that it is text.
    pub(crate) text: bool,
}

impl Key {
    /// By what the file `name` of `pack` is known.
    pub(crate) fn of(pack: &Pack, name: &str) -> Option<Self> {
        let digest = match cfg!(planted_bug = "component_smith") {
            true => blake3::hash(b""),
            false => pack.info(name)?.blake3,
        };
        Some(Self {
            digest,
            text: name.ends_with(".wat"),
        })
    }
}

/// What came of a step: the same for everybody who runs it.
type Outcome = Result<Arc<Prepared>, StepFailure>;

/// Compiled steps; those that were used least recently are forgotten when
/// there are too many.
#[derive(Default)]
pub(crate) struct Cache {
    kept: Mutex<Kept>,
}

#[derive(Default)]
struct Kept {
    slots: HashMap<Key, Slot>,
    memories: usize,
    clock: u64,
}

struct Slot {
    /// Held by whoever makes it, so that nobody makes it a second time.
    outcome: Arc<Mutex<Option<Outcome>>>,
    memories: usize,
    used: u64,
}

impl Cache {
    /// What is kept under `key`.
    pub(crate) fn get(&self, key: &Key) -> Option<Outcome> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        let slot = kept.slots.get_mut(key)?;
        slot.used = now;
        // NB: held only by whoever makes it, which may take long.
        match slot.outcome.try_lock() {
            Ok(outcome) => outcome.clone(),
            Err(_) => None,
        }
    }

    /// What is kept under `key`, or else what `make` makes. Whoever else wants
    /// the same waits meanwhile.
    pub(crate) fn make(&self, key: &Key, make: impl FnOnce() -> Outcome) -> Outcome {
        let slot = self.slot(key);
        let mut outcome = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(outcome) = &*outcome {
            return outcome.clone();
        }
        let made = make();
        match &made {
            // It names the file, and the next pack may call it otherwise.
            Err(failure) if !says_nothing_of_the_pack(failure.code) => {}
            _ => *outcome = Some(made.clone()),
        }
        drop(outcome);
        let memories = made.as_ref().map_or(0, |prepared| prepared.memories());
        self.weigh(key, memories);
        made
    }

    /// Whether `key` was made already.
    pub(crate) fn has(&self, key: &Key) -> bool {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = kept.slots.get(key).map(|slot| Arc::clone(&slot.outcome));
        drop(kept);
        // What is being made is not there yet.
        slot.is_some_and(|slot| slot.try_lock().is_ok_and(|outcome| outcome.is_some()))
    }

    fn slot(&self, key: &Key) -> Arc<Mutex<Option<Outcome>>> {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.clock += 1;
        let now = kept.clock;
        if let Some(slot) = kept.slots.get_mut(key) {
            slot.used = now;
            return Arc::clone(&slot.outcome);
        }
        let outcome = Arc::default();
        let slot = Slot {
            outcome: Arc::clone(&outcome),
            memories: 0,
            used: now,
        };
        kept.slots.insert(key.clone(), slot);
        outcome
    }

    /// Notes how much `key` holds, and forgets what is too much.
    fn weigh(&self, key: &Key, memories: usize) {
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        // Nothing is free, also a step without a memory.
        let memories = memories.max(1);
        if let Some(slot) = kept.slots.get_mut(key) {
            let before = std::mem::replace(&mut slot.memories, memories);
            kept.memories += memories - before.min(memories);
        }
        if kept.memories <= CAPACITY {
            return;
        }
        // A quarter at a time, so that this is done seldom.
        let mut by_age: Vec<(u64, Key)> = kept
            .slots
            .iter()
            .filter(|(other, slot)| *other != key && slot.memories > 0)
            .map(|(key, slot)| (slot.used, key.clone()))
            .collect();
        by_age.sort_unstable_by_key(|(used, _)| *used);
        for (_, key) in by_age {
            if kept.memories <= CAPACITY / 4 * 3 {
                break;
            }
            let slot = kept.slots.remove(&key);
            kept.memories -= slot.map_or(0, |slot| slot.memories);
        }
    }
}

/// Whether a failure is the same for every pack that holds these bytes.
fn says_nothing_of_the_pack(code: StepCode) -> bool {
    matches!(
        code,
        StepCode::Compile
            | StepCode::CompileLimit
            | StepCode::Import
            | StepCode::Instances
            | StepCode::Abi
    )
}
