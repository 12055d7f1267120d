//! [`WasmtimeExecutor`]: runs steps in one engine, each in a fresh store.

use crate::abi::{self, Target, core_json};
use crate::compile_cache::{Artifacts, Configuration};
use crate::coverage::{Coverage, CoveredFile, CoveredFunction, Dictionary};
use crate::failure::fail;
use crate::module_cache::{Cache, Key};
use crate::prepare::{CompileContext, Prepared, Step, bounded, linked, prepare};
use crate::store::{self, Sandbox};
use crate::store_semaphore::StoreSemaphore;
use crate::timing::{CompileStats, Made, SlowCompile, Timing, micros};
use provision_core::limits::StepLimits;
use provision_core::pack::Pack;
use provision_core::wizard::{
    Call, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use wasmtime::Store;
use wasmtime::component::Linker;

/// Runs steps in Wasmtime, each in a fresh store. A guest sees nothing but its
/// input and the host's answers.
pub struct WasmtimeExecutor {
    pub(crate) base: Linker<Sandbox>,
    pub(crate) limits: StepLimits,
    pub(crate) cache: Cache,
    /// Compiled steps of earlier runs, and the configuration that this engine's
    /// names depend on.
    pub(crate) artifacts: Option<(Arc<dyn Artifacts>, Configuration)>,
    pub(crate) permits: StoreSemaphore,
    pub(crate) timing: Timing,
    /// The runtime that wasmtime-wasi needs. Nothing drives it, because no call
    /// waits.
    pub(crate) runtime: Runtime,
    pub(crate) others: Vec<(&'static str, Box<dyn StepExecutor>)>,
    pub(crate) coverage: Option<Coverage>,
}

impl WasmtimeExecutor {
    /// How long this executor spent so far on compiling and loading steps.
    pub fn compile_stats(&self) -> CompileStats {
        self.timing.so_far()
    }

    /// Only the microseconds of [`Self::compile_stats`].
    pub fn busy(&self) -> u64 {
        self.timing.busy()
    }

    /// Takes the counters that were hit since the last call: each counter's
    /// number, and its count modulo 256. Empty unless the executor is
    /// [`Self::covering`].
    pub fn take_hits(&self) -> Vec<(u32, u8)> {
        self.coverage
            .as_ref()
            .map(Coverage::take)
            .unwrap_or_default()
    }

    /// The functions, with their counters, of the guests that have run so far,
    /// here or in [`Self::another`].
    pub fn covered_functions(&self) -> Vec<CoveredFunction> {
        let functions = self.coverage.as_ref().map(Coverage::functions);
        functions.unwrap_or_default()
    }

    /// The files of guests that have run so far, without the first `known`.
    pub fn covered_files(&self, known: usize) -> Vec<CoveredFile> {
        let files = self.coverage.as_ref().map(|c| c.files(known));
        files.unwrap_or_default()
    }

    /// The values that the guests that have run so far compare with.
    pub fn dictionary(&self) -> Dictionary {
        self.coverage
            .as_ref()
            .map(Coverage::dictionary)
            .unwrap_or_default()
    }

    /// Whether `file` of `pack` can be run without compiling it. Also true if the
    /// pack has no such file: there is nothing to compile.
    pub fn is_ready(&self, pack: &Pack, file: &str) -> bool {
        Key::of(pack, file).is_none_or(|key| self.holds(&key))
    }

    /// Whether `file` of `pack` may read from its host. False for a core module
    /// that was compiled, because it imports nothing.
    pub fn may_read(&self, pack: &Pack, file: &str) -> bool {
        let known = Key::of(pack, file).and_then(|key| self.cache.get(&key));
        !matches!(known, Some(Ok(prepared)) if matches!(prepared.step, Step::Core(_)))
    }

    /// Compiles `file` of `pack` for another process. Keeps only the artifact,
    /// which [`crate::Preloaded::take_made`] then returns.
    ///
    /// # Errors
    /// The [`StepFailure`] that every step of this file will have.
    pub fn compile_for_others(&self, pack: &Pack, file: &str) -> Result<(), StepFailure> {
        let key = Key::of(pack, file).ok_or_else(|| missing(file))?;
        let make = || self.make(pack, file, &key).map(drop);
        catch_unwind(AssertUnwindSafe(make)).unwrap_or_else(|_| Err(panicked()))
    }

    fn holds(&self, key: &Key) -> bool {
        let kept = |(artifacts, configuration): &(Arc<dyn Artifacts>, Configuration)| {
            artifacts.has(&configuration.name(key))
        };
        self.cache.has(key) || self.artifacts.as_ref().is_some_and(kept)
    }

    fn prepared(&self, pack: &Pack, name: &str) -> Result<Arc<Prepared>, StepFailure> {
        let key = Key::of(pack, name).ok_or_else(|| missing(name))?;
        if let Some(done) = self.cache.get(&key) {
            return done;
        }
        let started = Instant::now();
        let done = self.cache.make(&key, || self.make(pack, name, &key));
        self.timing.waited(started);
        done
    }

    /// Loads a step's code from the artifacts, or compiles it.
    fn make(&self, pack: &Pack, name: &str, key: &Key) -> Result<Arc<Prepared>, StepFailure> {
        let started = Instant::now();
        let context = CompileContext {
            base: &self.base,
            coverage: self.coverage.as_ref(),
            limits: &self.limits,
        };
        let bytes = pack.size(name).unwrap_or_default();
        bounded(bytes, &self.limits)?;
        let kept = self.artifacts.as_ref();
        let kept = kept.map(|(cache, configuration)| (cache, configuration.name(key)));
        let loaded = kept.as_ref();
        let loaded = loaded.and_then(|(cache, name)| cache.load(self.base.engine(), name));
        let made = loaded.as_ref().map_or(Made::Compiled, |_| Made::Loaded);
        let prepared = match loaded {
            Some(code) => linked(&context, code, None),
            None => {
                let bytes = pack.read(name).ok_or_else(|| unread(pack, name))?;
                prepare(&context, name, &bytes, |code| {
                    if let Some((cache, name)) = &kept {
                        cache.keep(name, code);
                    }
                })
            }
        };
        self.timing.made(SlowCompile {
            micros: micros(started),
            file: name.to_owned(),
            bytes,
            made: prepared.as_ref().map_or(Made::Refused, |_| made),
        });
        prepared.map(Arc::new)
    }

    fn run(
        &self,
        pack: &Pack,
        request: &StepRequest,
        done: &mut StepAnswer,
    ) -> Result<StepOutcome, StepFailure> {
        if let Call::Step { input } = &request.call
            && input.len() > self.limits.input_bytes
        {
            let limit = self.limits.input_bytes;
            let message = format!("an input of {} bytes, bound {limit}", input.len());
            return Err(fail(StepCode::Input, message));
        }
        request.grants.check()?;
        let prepared = self.prepared(pack, &request.component)?;
        prepared.check_initial_memory(&self.limits)?;
        let _permit = self.permits.take();
        let mut store = store::open(
            self.base.engine(),
            &self.limits,
            Arc::clone(&request.grants),
        )
        .map_err(|e| fail(StepCode::Harness, format!("{e:#}")))?;
        let _entered = self.runtime.enter();
        let started = Instant::now();
        let answer = self.call(&prepared, &mut store, request);
        done.meters = store::meters(&store, &self.limits);
        done.meters.wall_micros = micros(started);
        done.meters.output_bytes = match &answer {
            Ok(StepOutcome::Json(bytes) | StepOutcome::Cbor(bytes)) => bytes.len() as u64,
            _ => 0,
        };
        // NB: a step that fails has written nothing.
        if answer.is_ok() {
            done.writes = store::take_writes(&mut store);
        }
        done.attempts = store::attempts(store);
        answer
    }

    fn call(
        &self,
        prepared: &Prepared,
        store: &mut Store<Sandbox>,
        request: &StepRequest,
    ) -> Result<StepOutcome, StepFailure> {
        let counting = self.coverage.as_ref().zip(prepared.counters.as_ref());
        match (&prepared.step, &request.call) {
            (Step::Core(parts), Call::Step { input }) => {
                let (pre, exports) = &**parts;
                let instance = core_json::instantiate(pre, store)?;
                let answer = core_json::call(&instance, exports, store, input, &self.limits);
                if let Some((coverage, counters)) = counting {
                    coverage.of_core(counters, &instance, store);
                }
                answer.map(StepOutcome::Json)
            }
            (Step::Core(_), call) => {
                let message = format!(
                    "`{}` is a core module; {} needs a component",
                    request.component,
                    call.function()
                );
                Err(fail(StepCode::Abi, message))
            }
            (Step::Component(parts), call) => {
                let (pre, exports) = &**parts;
                let file = request.component.as_str();
                let mut target = Target::new(file, pre, exports, store, &self.limits);
                let answer = abi::call(&mut target, call);
                if let (Some((coverage, counters)), Some(instance)) = (counting, target.instance())
                {
                    coverage.of_component(counters, &instance, store);
                }
                answer
            }
        }
    }
}

fn panicked() -> StepFailure {
    let message = "the runtime panicked; see standard error";
    fail(StepCode::Harness, message)
}

/// Why a file's contents are not available: the pack lacks the file, or this
/// process has only the pack's metadata.
fn unread(pack: &Pack, name: &str) -> StepFailure {
    if pack.has(name) {
        let message = format!("the contents of `{name}` are not available");
        return fail(StepCode::Harness, message);
    }
    missing(name)
}

fn missing(name: &str) -> StepFailure {
    fail(StepCode::Missing, format!("the pack has no file `{name}`"))
}

impl StepExecutor for WasmtimeExecutor {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut done = StepAnswer::of(Ok(StepOutcome::NotRun));
        // Wasmtime has panicked on hostile components before; such a panic must
        // not end the run.
        let run = || self.run(pack, request, &mut done);
        let result = catch_unwind(AssertUnwindSafe(run)).unwrap_or_else(|_| Err(panicked()));
        StepAnswer { result, ..done }
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        if self.is_ready(pack, file) {
            None
        } else {
            pack.size(file)
        }
    }

    fn compile(&self, pack: &Pack, file: &str) {
        // NB: if this panics or fails, the step itself will report it.
        let compile = || drop(self.prepared(pack, file));
        drop(catch_unwind(AssertUnwindSafe(compile)));
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        &self.others
    }
}
