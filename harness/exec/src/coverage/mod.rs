//! Guest coverage: the harness rewrites modules so that they count which basic
//! blocks ran, and reads the counters after each step.

mod component;
mod covered;
mod dictionary;
mod module;

use crate::store::Sandbox;
pub use covered::{CoveredFile, CoveredFunction};
pub use dictionary::Dictionary;
use provision_core::wasm::{WasmKind, kind};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use wasmtime::{Instance, Store, component as w};

/// The numbers of the counters of a step's file.
#[derive(Debug, Clone)]
pub(crate) struct Counters {
    base: u32,
    /// For each instance of a component, the number of its first counter, relative
    /// to `base`, and the count of its counters. A single entry for a core module.
    instances: Vec<(u32, u32)>,
}

/// The rewritten files, and the counters that steps have hit since the last
/// [`Self::take`].
#[derive(Default)]
pub(crate) struct Coverage {
    /// Shared by the executors of several threads, so that a counter has the same
    /// number in all of them, whichever compiles a file first.
    known: Arc<Mutex<Known>>,
    hits: Mutex<Vec<(u32, u8)>>,
}

/// The files that were rewritten so far.
#[derive(Default)]
struct Known {
    /// Index into `files`, by digest.
    by_digest: BTreeMap<[u8; 32], usize>,
    next: u32,
    files: Vec<CoveredFile>,
}

impl Coverage {
    /// A coverage with hits of its own, which numbers counters as `self` does.
    pub(crate) fn another(&self) -> Self {
        Self {
            known: Arc::clone(&self.known),
            hits: Mutex::default(),
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn hits(&self) -> MutexGuard<'_, Vec<(u32, u8)>> {
        self.hits.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Rewrites `binary`, the pack's file `file`. `None` if that is impossible: the
    /// unchanged binary then runs, and counts nothing.
    pub(crate) fn rewrite(&self, file: &str, binary: &[u8]) -> Option<(Vec<u8>, Counters)> {
        let digest: [u8; 32] = Sha256::digest(binary).into();
        let mut dictionary = Dictionary::default();
        let (binary, instances, counters, functions) = match kind(binary) {
            WasmKind::Module => {
                let counting = module::rewrite(binary, &mut dictionary)?;
                let instances = vec![(0, counting.counters)];
                (
                    counting.binary,
                    instances,
                    counting.counters,
                    counting.functions,
                )
            }
            WasmKind::Component => {
                let counted = component::rewrite_component(binary, &mut dictionary)?;
                (
                    counted.binary,
                    counted.instances,
                    counted.counters,
                    counted.functions,
                )
            }
            WasmKind::Precompiled | WasmKind::Other => return None,
        };
        let mut known = self.known();
        let known = &mut *known;
        let old = known.by_digest.get(&digest);
        if let Some(old) = old.and_then(|at| known.files.get(*at)) {
            let base = old.first;
            return Some((binary, Counters { base, instances }));
        }
        let base = known.next;
        known.next += counters;
        known.by_digest.insert(digest, known.files.len());
        let functions = functions.into_iter().map(|f| CoveredFunction {
            file: file.to_owned(),
            first: base + f.first,
            ..f
        });
        known.files.push(CoveredFile {
            digest,
            first: base,
            counters,
            functions: functions.collect(),
            dictionary,
        });
        Some((binary, Counters { base, instances }))
    }

    /// Reads the counters of a core module's instance.
    pub(crate) fn of_core(
        &self,
        counters: &Counters,
        instance: &Instance,
        store: &mut Store<Sandbox>,
    ) {
        let Some(memory) = instance.get_memory(&mut *store, module::COUNTERS) else {
            return;
        };
        let (first, len) = counters.instances.first().copied().unwrap_or_default();
        let data = memory.data(&*store).get(module::HEAD as usize..);
        let data = data.and_then(|d| d.get(..len as usize));
        self.add(counters.base + first, data.unwrap_or_default());
    }

    /// Reads the counters of a component's instances. After a trap no function of
    /// the component may be called any more, so nothing is counted.
    pub(crate) fn of_component(
        &self,
        counters: &Counters,
        instance: &w::Instance,
        store: &mut Store<Sandbox>,
    ) {
        // The step's remaining fuel may be too little for the readers, and they
        // must not use it up; it is restored below.
        let left = store.get_fuel().unwrap_or_default();
        let _ = store.set_fuel(u64::from(u32::MAX));
        store.set_hostcall_fuel(usize::MAX);
        for (n, (first, _)) in counters.instances.iter().enumerate() {
            let read = instance.get_typed_func::<(), (Vec<u8>,)>(&mut *store, component::reader(n));
            let Ok(read) = read else { continue };
            let Ok((data,)) = read.call(&mut *store, ()) else {
                break;
            };
            self.add(counters.base + first, &data);
        }
        let _ = store.set_fuel(left);
    }

    fn add(&self, first: u32, data: &[u8]) {
        let hit = data.iter().zip(first..).filter(|(count, _)| **count > 0);
        self.hits().extend(hit.map(|(count, at)| (at, *count)));
    }

    pub(crate) fn take(&self) -> Vec<(u32, u8)> {
        std::mem::take(&mut self.hits())
    }

    /// The files that were rewritten so far, without the first `known`.
    pub(crate) fn files(&self, known: usize) -> Vec<CoveredFile> {
        let files = self.known();
        files.files.get(known..).unwrap_or_default().to_vec()
    }

    pub(crate) fn functions(&self) -> Vec<CoveredFunction> {
        let known = self.known();
        let functions = known.files.iter().flat_map(|file| &file.functions);
        functions.cloned().collect()
    }

    pub(crate) fn dictionary(&self) -> Dictionary {
        let mut dictionary = Dictionary::default();
        for file in &self.known().files {
            dictionary.add(file.dictionary.clone());
        }
        dictionary
    }
}
