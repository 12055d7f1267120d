//! Compiled code on its way from the workers that compile to those that run.

use super::process::WorkerFailure;
use provision_core::wizard::StepFailure;
use provision_exec::{CodeName, CompileCache};
use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Bytes of artifacts that are held in memory where there is no cache on disk,
/// for workers that lack them.
const HELD: usize = 48 * 1024 * 1024;

/// What became of a step's code.
#[derive(Debug, Clone)]
pub(crate) enum Outcome {
    /// It is here.
    Artifact(Arc<Vec<u8>>),
    /// It is too large to be handed over; whoever runs it has to compile it.
    Oversized,
    /// It is none.
    Failed(StepFailure),
}

/// By whom a failure is shared.
#[derive(Debug, PartialEq, Eq, Hash)]
enum Of {
    /// Every pack that holds this code: nothing else would come of it.
    Code(CodeName),
    /// One pack: another one may be luckier.
    Pack(CodeName, blake3::Hash),
}

/// Artifacts, and failures that are not worth another try.
#[derive(Debug)]
pub(crate) struct Codes {
    cache: Option<Arc<CompileCache>>,
    held: Mutex<Held>,
    failed: Mutex<HashMap<Of, StepFailure>>,
    /// What was compiled or loaded already.
    seen: Mutex<HashSet<CodeName>>,
    /// Held by whoever compiles it, so that nobody does it a second time.
    flights: Mutex<HashMap<CodeName, Arc<Mutex<()>>>>,
}

#[derive(Debug, Default)]
struct Held {
    artifacts: HashMap<CodeName, (u64, Arc<Vec<u8>>)>,
    bytes: usize,
    clock: u64,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Codes {
    pub(crate) fn over(cache: Option<Arc<CompileCache>>) -> Self {
        Self {
            cache,
            held: Mutex::default(),
            failed: Mutex::default(),
            seen: Mutex::default(),
            flights: Mutex::default(),
        }
    }

    /// Whether code is at hand.
    pub(crate) fn has(&self, name: &CodeName) -> bool {
        let kept = |cache: &Arc<CompileCache>| cache.holds(name);
        locked(&self.held).artifacts.contains_key(name) || self.cache.as_ref().is_some_and(kept)
    }

    /// What is known of the code `name` of the pack with this fingerprint, or else what
    /// comes of compiling it. Whoever else wants it waits meanwhile.
    ///
    /// # Errors
    /// What `compile` meets.
    pub(crate) fn obtain(
        &self,
        (name, pack): (&CodeName, &blake3::Hash),
        compile: impl FnOnce() -> Result<Outcome, WorkerFailure>,
    ) -> Result<Outcome, WorkerFailure> {
        if let Some(known) = self.known(name, pack) {
            return Ok(known);
        }
        let flight = Arc::clone(locked(&self.flights).entry(*name).or_default());
        let flying = locked(&flight);
        if let Some(known) = self.known(name, pack) {
            return Ok(known);
        }
        let outcome = compile();
        if let Ok(Outcome::Artifact(artifact)) = &outcome {
            self.is_new(*name);
            match &self.cache {
                Some(cache) => keep(cache, name, artifact),
                None => self.hold(name, artifact),
            }
        }
        drop(flying);
        locked(&self.flights).remove(name);
        outcome
    }

    /// Whether this is the first that is heard of `name`: neither was it
    /// compiled here, nor loaded.
    pub(crate) fn is_new(&self, name: CodeName) -> bool {
        locked(&self.seen).insert(name)
    }

    /// Notes that nothing else will come of compiling `name`, for this pack or
    /// for `every` one.
    pub(crate) fn give_up(
        &self,
        (name, pack): (&CodeName, &blake3::Hash),
        every: bool,
        why: &StepFailure,
    ) {
        let of = match every {
            true => Of::Code(*name),
            false => Of::Pack(*name, *pack),
        };
        locked(&self.failed).insert(of, why.clone());
    }

    fn known(&self, name: &CodeName, pack: &blake3::Hash) -> Option<Outcome> {
        if let Some(artifact) = self.get(name) {
            return Some(Outcome::Artifact(artifact));
        }
        let failed = locked(&self.failed);
        let of_pack = || failed.get(&Of::Pack(*name, *pack));
        let failure = failed.get(&Of::Code(*name)).or_else(of_pack);
        failure.cloned().map(Outcome::Failed)
    }

    fn get(&self, name: &CodeName) -> Option<Arc<Vec<u8>>> {
        let mut held = locked(&self.held);
        held.clock += 1;
        let now = held.clock;
        if let Some((used, artifact)) = held.artifacts.get_mut(name) {
            *used = now;
            return Some(Arc::clone(artifact));
        }
        drop(held);
        // NB: not held besides; the system does that, and better.
        let artifact = self.cache.as_ref()?.artifact(name)?;
        Some(Arc::new(artifact))
    }

    /// Holds `artifact`, and lets go of those that were not used for longest.
    fn hold(&self, name: &CodeName, artifact: &Arc<Vec<u8>>) {
        // One alone is not to drive out all others.
        if artifact.len() > HELD / 4 {
            return;
        }
        let mut held = locked(&self.held);
        held.clock += 1;
        let now = held.clock;
        let entry = (now, Arc::clone(artifact));
        if held.artifacts.insert(*name, entry).is_none() {
            held.bytes += artifact.len();
        }
        if held.bytes <= HELD {
            return;
        }
        let mut by_age: Vec<(u64, CodeName)> = held
            .artifacts
            .iter()
            .map(|(n, (at, _))| (*at, *n))
            .collect();
        by_age.sort_unstable_by_key(|(at, _)| *at);
        for (_, old) in by_age {
            if held.bytes <= HELD / 4 * 3 {
                break;
            }
            if let Some((_, gone)) = held.artifacts.remove(&old) {
                held.bytes -= gone.len();
            }
        }
    }
}

/// Keeps what a compiling worker sent.
#[expect(unsafe_code, reason = "the supervisor knows who compiled")]
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

    fn pack(n: u8) -> blake3::Hash {
        blake3::hash(&[n])
    }

    #[test]
    fn what_is_wanted_by_many_is_compiled_once() {
        let (codes, compiled) = (Codes::over(None), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let outcome = codes.obtain((&name(1), &pack(0)), || {
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
    fn a_failure_is_shared_by_whom_it_concerns() {
        let codes = Codes::over(None);
        let failure = StepFailure::new(StepCode::WorkerCrash, "once");
        let tried = |n, of: u8| {
            let outcome = codes.obtain((&name(n), &pack(of)), || Ok(Outcome::Oversized));
            !matches!(outcome, Ok(Outcome::Failed(_)))
        };
        let (one, other) = (1, 2);
        codes.give_up((&name(1), &pack(one)), false, &failure);
        codes.give_up((&name(2), &pack(one)), true, &failure);
        assert!(!tried(1, one) && tried(1, other));
        assert!(!tried(2, one) && !tried(2, other) && tried(3, one));
    }

    #[test]
    fn what_is_held_stays_within_its_bound() {
        let codes = Codes::over(None);
        for n in 0..100 {
            codes.hold(&name(n), &Arc::new(vec![0; HELD / 10]));
            let held = locked(&codes.held);
            let bytes: usize = held.artifacts.values().map(|(_, a)| a.len()).sum();
            assert!(bytes == held.bytes && bytes <= HELD);
            assert!(
                held.artifacts.contains_key(&name(n)),
                "the last one goes last"
            );
        }
    }
}
