//! The artifacts that compiling workers made, for the workers that run guests.

use super::process::WorkerFailure;
use lru::LruCache;
use provision_core::wizard::StepFailure;
use provision_exec::{CodeName, CompileCache, is_same_for_every_pack};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of artifacts that are held in memory if there is no cache on disk.
const HELD: usize = 48 * 1024 * 1024;

/// The result of compiling a step.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// The compiled code.
    Artifact(Arc<Vec<u8>>),
    /// The artifact is too large to send; the worker that runs it compiles it.
    Oversized,
    /// The step does not compile.
    Failed(StepFailure),
}

/// Code, and the pack for which it is compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct PackCode {
    pub(crate) name: CodeName,
    /// Fingerprint of the pack.
    pub(crate) pack: blake3::Hash,
}

/// Which packs share a failure.
#[derive(Debug, PartialEq, Eq, Hash)]
enum FailureKey {
    /// Every pack with this code: compiling it always fails in this way.
    Code(CodeName),
    /// This pack only: for another pack, compiling may succeed.
    Pack(PackCode),
}

/// Artifacts, and failures that are not retried.
#[derive(Debug)]
pub(crate) struct Codes {
    cache: Option<Arc<CompileCache>>,
    held: Mutex<Held>,
    failed: Mutex<HashMap<FailureKey, StepFailure>>,
    /// Code that was compiled or loaded already.
    seen: Mutex<HashSet<CodeName>>,
    /// One lock for each code that is being compiled. The thread that compiles
    /// holds it, so that no other thread compiles the same code.
    compiling: Mutex<HashMap<CodeName, Arc<Mutex<()>>>>,
}

#[derive(Debug)]
struct Held {
    artifacts: LruCache<CodeName, Arc<Vec<u8>>>,
    bytes: usize,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Codes {
    pub(crate) fn over(cache: Option<Arc<CompileCache>>) -> Self {
        Self {
            cache,
            held: Mutex::new(Held {
                artifacts: LruCache::unbounded(),
                bytes: 0,
            }),
            failed: Mutex::default(),
            seen: Mutex::default(),
            compiling: Mutex::default(),
        }
    }

    /// Whether the code `name` is in memory or in the cache.
    pub(crate) fn has(&self, name: &CodeName) -> bool {
        let kept = |cache: &Arc<CompileCache>| cache.holds(name);
        locked(&self.held).artifacts.contains(name) || self.cache.as_ref().is_some_and(kept)
    }

    /// The stored result for `code`, or else the result of `compile`. Other
    /// threads that need the same code wait meanwhile.
    ///
    /// # Errors
    /// The errors of `compile`.
    pub(crate) fn obtain(
        &self,
        code: &PackCode,
        compile: impl FnOnce() -> Result<Outcome, WorkerFailure>,
    ) -> Result<Outcome, WorkerFailure> {
        if let Some(known) = self.known(code) {
            return Ok(known);
        }
        let name = &code.name;
        let lock = Arc::clone(locked(&self.compiling).entry(*name).or_default());
        let guard = locked(&lock);
        if let Some(known) = self.known(code) {
            return Ok(known);
        }
        let outcome = compile();
        match &outcome {
            Ok(Outcome::Artifact(artifact)) => {
                self.is_new(*name);
                match &self.cache {
                    Some(cache) => keep(cache, name, artifact),
                    None => self.hold(name, artifact),
                }
            }
            // Another call of the same step would be refused in the same way.
            Ok(Outcome::Failed(why)) if is_same_for_every_pack(why.code) => {
                self.record_failure(code, true, why);
            }
            _ => {}
        }
        drop(guard);
        locked(&self.compiling).remove(name);
        outcome
    }

    /// Marks `name` as seen. True if it was neither compiled nor loaded before.
    pub(crate) fn is_new(&self, name: CodeName) -> bool {
        locked(&self.seen).insert(name)
    }

    /// Remembers that compiling `code` fails, for its pack or for `every` pack.
    pub(crate) fn record_failure(&self, code: &PackCode, every: bool, why: &StepFailure) {
        let key = if every {
            FailureKey::Code(code.name)
        } else {
            FailureKey::Pack(*code)
        };
        locked(&self.failed).insert(key, why.clone());
    }

    fn known(&self, code: &PackCode) -> Option<Outcome> {
        if let Some(artifact) = self.get(&code.name) {
            return Some(Outcome::Artifact(artifact));
        }
        let failed = locked(&self.failed);
        let of_pack = || failed.get(&FailureKey::Pack(*code));
        let failure = failed.get(&FailureKey::Code(code.name)).or_else(of_pack);
        failure.cloned().map(Outcome::Failed)
    }

    fn get(&self, name: &CodeName) -> Option<Arc<Vec<u8>>> {
        if let Some(artifact) = locked(&self.held).artifacts.get(name) {
            return Some(Arc::clone(artifact));
        }
        // NB: not held in memory as well; the system's page cache does that better.
        let artifact = self.cache.as_ref()?.artifact(name)?;
        Some(Arc::new(artifact))
    }

    /// Holds `artifact` in memory, and evicts the least recently used ones.
    fn hold(&self, name: &CodeName, artifact: &Arc<Vec<u8>>) {
        // A single artifact must not evict all others.
        if artifact.len() > HELD / 4 {
            return;
        }
        let mut held = locked(&self.held);
        if held.artifacts.put(*name, Arc::clone(artifact)).is_none() {
            held.bytes += artifact.len();
        }
        while held.bytes > HELD {
            let Some((_, evicted)) = held.artifacts.pop_lru() else {
                break;
            };
            held.bytes -= evicted.len();
        }
    }
}

/// Stores the artifact that a compiling worker sent in the cache.
#[expect(unsafe_code, reason = "the supervisor knows which worker compiled")]
fn keep(cache: &CompileCache, name: &CodeName, artifact: &[u8]) {
    // SAFETY: only workers that compile and never run a guest send artifacts, and
    // the supervisor asked this one for the component that `name` names.
    unsafe { cache.keep_artifact(name, artifact) };
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::StepCode;
    use std::sync::atomic::{AtomicUsize, Ordering};

    fn name(n: u8) -> CodeName {
        [n; 32].into()
    }

    fn code(n: u8, pack: u8) -> PackCode {
        PackCode {
            name: name(n),
            pack: blake3::hash(&[pack]),
        }
    }

    #[test]
    fn code_that_many_threads_need_is_compiled_once() {
        let (codes, compiled) = (Codes::over(None), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let outcome = codes.obtain(&code(1, 0), || {
                        compiled.fetch_add(1, Ordering::SeqCst);
                        std::thread::yield_now();
                        Ok(Outcome::Artifact(Arc::new(vec![1])))
                    });
                    assert!(matches!(outcome, Ok(Outcome::Artifact(a)) if *a == [1]));
                });
            }
        });
        assert_eq!(compiled.into_inner(), 1);
        assert!(codes.has(&name(1)) && !codes.has(&name(2)));
    }

    #[test]
    fn failure_is_shared_per_pack_or_for_every_pack() {
        let codes = Codes::over(None);
        let failure = StepFailure::new(StepCode::WorkerCrash, "once");
        let tried = |n, of: u8| {
            let outcome = codes.obtain(&code(n, of), || Ok(Outcome::Oversized));
            !matches!(outcome, Ok(Outcome::Failed(_)))
        };
        let (one, other) = (1, 2);
        codes.record_failure(&code(1, one), false, &failure);
        codes.record_failure(&code(2, one), true, &failure);
        assert!(!tried(1, one) && tried(1, other));
        assert!(!tried(2, one) && !tried(2, other) && tried(3, one));
    }

    #[test]
    fn refused_code_is_compiled_once_unless_the_failure_depends_on_the_pack() {
        let codes = Codes::over(None);
        let compiled = |n, why: StepCode| {
            let compiled = AtomicUsize::new(0);
            for of in [1, 1, 2] {
                let outcome = codes.obtain(&code(n, of), || {
                    compiled.fetch_add(1, Ordering::SeqCst);
                    Ok(Outcome::Failed(StepFailure::new(why, "refused")))
                });
                assert!(matches!(outcome, Ok(Outcome::Failed(f)) if f.code == why));
            }
            compiled.into_inner()
        };
        assert_eq!(compiled(1, StepCode::CompileLimit), 1);
        assert_eq!(compiled(2, StepCode::Compile), 1);
        // The message names the file; and the harness may succeed the next time.
        assert_eq!(compiled(3, StepCode::NotWasm), 3);
        assert_eq!(compiled(4, StepCode::Harness), 3);
    }

    #[test]
    fn held_artifacts_stay_within_the_bound() {
        let codes = Codes::over(None);
        for n in 0..100 {
            codes.hold(&name(n), &Arc::new(vec![0; HELD / 10]));
            let held = locked(&codes.held);
            let bytes: usize = held.artifacts.iter().map(|(_, a)| a.len()).sum();
            assert!(bytes == held.bytes && bytes <= HELD);
            assert!(
                held.artifacts.contains(&name(n)),
                "the newest artifact is evicted last"
            );
        }
    }
}
