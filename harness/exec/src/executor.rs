//! [`WasmtimeExecutor`]: one engine, a fresh store a step.

use crate::abi::{self, Target, core_json};
use crate::artifacts::{CompileCache, Configuration};
use crate::cache::{Cache, Key};
use crate::coverage::{Coverage, CoveredFunction, Words};
use crate::engine::{Compiler, engine};
use crate::failure::fail;
use crate::permits::Permits;
use crate::prepare::{Bench, Prepared, Step, bounded, linked, prepare};
use crate::store::Sandbox;
use crate::timing::{Preparing, Slow, Timing, micros};
use crate::{host, store, ticker};
use provision_core::limits::StepLimits;
use provision_core::pack::Pack;
use provision_core::wizard::{
    Attempts, Call, Meters, Performed, StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use tokio::runtime::Runtime;
use wasmtime::Store;
use wasmtime::component::Linker;

/// Why there is no executor.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// Wasmtime does not work with the configuration on this machine.
    #[error("wasmtime engine: {0:#}")]
    Engine(wasmtime::Error),
    /// A thread or a runtime could not be started.
    #[error("starting: {0}")]
    Start(#[from] std::io::Error),
}

/// By which compilers steps are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Compilers {
    /// The one that is fastest at compiling.
    One,
    /// That, an optimising one and an interpreter, for comparing their answers.
    All,
}

/// Runs steps in Wasmtime, each in a fresh store that only the host's own
/// answers come into.
pub struct WasmtimeExecutor {
    base: Linker<Sandbox>,
    limits: StepLimits,
    cache: Cache,
    /// Compiled steps of earlier runs, and what this engine's are called there.
    artifacts: Option<(Arc<CompileCache>, Configuration)>,
    permits: Permits,
    timing: Timing,
    /// What wasmtime-wasi runs on. It is never driven: nothing waits.
    runtime: Runtime,
    others: Vec<(&'static str, Box<dyn StepExecutor>)>,
    coverage: Option<Coverage>,
}

impl WasmtimeExecutor {
    /// An executor whose every step is held to `limits`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn new(limits: &StepLimits) -> Result<Self, ExecError> {
        Self::over(limits, Compilers::One, None)
    }

    /// An executor whose every step is held to `limits`, by one compiler or by
    /// all; what they compile is looked for and kept in `cache`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn over(
        limits: &StepLimits,
        compilers: Compilers,
        cache: Option<&Arc<CompileCache>>,
    ) -> Result<Self, ExecError> {
        let mut executor = Self::with(limits, Compiler::Fast, cache)?;
        let others = match compilers {
            Compilers::One => &[][..],
            Compilers::All => &[
                ("optimised", Compiler::Optimising),
                ("pulley", Compiler::Interpreter),
            ],
        };
        for (name, compiler) in others {
            let other = Self::with(limits, *compiler, cache)?;
            executor.others.push((name, Box::new(other)));
        }
        Ok(executor)
    }

    /// How long this executor was busy with making steps ready, so far.
    pub fn preparing(&self) -> Preparing {
        self.timing.so_far()
    }

    /// Like [`Self::new`], with further executors that compile in other ways:
    /// `optimised` and `pulley`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run them.
    pub fn with_all_compilers(limits: &StepLimits) -> Result<Self, ExecError> {
        Self::over(limits, Compilers::All, None)
    }

    /// Like [`Self::new`], with guests that count which of their code runs, and
    /// with optimised code. They use more fuel and memory than they would, so
    /// `limits` should leave room.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn covering(limits: &StepLimits) -> Result<Self, ExecError> {
        let mut executor = Self::with(limits, Compiler::Optimising, None)?;
        executor.coverage = Some(Coverage::default());
        Ok(executor)
    }

    /// An executor for another thread that numbers its counters as this one
    /// does, which must be [`Self::covering`]; it is held to `limits`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn another(&self, limits: &StepLimits) -> Result<Self, ExecError> {
        let mut executor = Self::with(limits, Compiler::Optimising, None)?;
        executor.coverage = self.coverage.as_ref().map(Coverage::another);
        Ok(executor)
    }

    /// What ran since this was last asked: a counter's number, and its count
    /// modulo 256. Nothing unless the executor is [`Self::covering`].
    pub fn take_hits(&self) -> Vec<(u32, u8)> {
        self.coverage
            .as_ref()
            .map(Coverage::take)
            .unwrap_or_default()
    }

    /// The functions of the guests that have run so far, here or in
    /// [`Self::another`], and their counters.
    pub fn covered_functions(&self) -> Vec<CoveredFunction> {
        let functions = self.coverage.as_ref().map(Coverage::functions);
        functions.unwrap_or_default()
    }

    /// What the guests that have run so far look for.
    pub fn words(&self) -> Words {
        self.coverage
            .as_ref()
            .map(Coverage::words)
            .unwrap_or_default()
    }

    fn with(
        limits: &StepLimits,
        compiler: Compiler,
        cache: Option<&Arc<CompileCache>>,
    ) -> Result<Self, ExecError> {
        // More stores at once than processors would only take memory.
        let stores = std::thread::available_parallelism().map_or(2, usize::from);
        let engine = engine(limits, compiler, stores).map_err(ExecError::Engine)?;
        ticker::attach(&engine)?;
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let artifacts = cache.map(|cache| {
            let configuration = Configuration::of(&engine, compiler, limits);
            (Arc::clone(cache), configuration)
        });
        Ok(Self {
            base: host::base(&engine).map_err(ExecError::Engine)?,
            limits: limits.clone(),
            cache: Cache::default(),
            artifacts,
            permits: Permits::of(stores),
            timing: Timing::default(),
            runtime: runtime.build()?,
            others: Vec::new(),
            coverage: None,
        })
    }

    fn prepared(&self, pack: &Pack, name: &str) -> Result<Arc<Prepared>, StepFailure> {
        let key = key(pack, name).ok_or_else(|| missing(name))?;
        if let Some(done) = self.cache.get(&key) {
            return done;
        }
        let started = Instant::now();
        let done = self.cache.make(&key, || self.make(pack, name, &key));
        self.timing.waited(started);
        done
    }

    /// Loads what an earlier run has compiled of a step, or compiles it.
    fn make(&self, pack: &Pack, name: &str, key: &Key) -> Result<Arc<Prepared>, StepFailure> {
        let started = Instant::now();
        let bench = Bench {
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
        let compiled = loaded.is_none();
        let prepared = match loaded {
            Some(code) => linked(&bench, code, None),
            None => {
                let bytes = pack.read(name).ok_or_else(|| missing(name))?;
                prepare(&bench, name, &bytes, |code| {
                    if let Some((cache, name)) = &kept {
                        cache.keep(name, code);
                    }
                })
            }
        };
        let prepared = prepared?;
        self.timing.made(Slow {
            micros: micros(started),
            file: name.to_owned(),
            bytes,
            compiled,
        });
        Ok(Arc::new(prepared))
    }

    fn run(
        &self,
        pack: &Pack,
        request: &StepRequest,
        done: &mut (Meters, Attempts),
    ) -> Result<Performed, StepFailure> {
        if let Call::Step { input } = &request.call
            && input.len() > self.limits.input_bytes
        {
            let limit = self.limits.input_bytes;
            let message = format!("an input of {} bytes, bound {limit}", input.len());
            return Err(fail(StepCode::Input, message));
        }
        let prepared = self.prepared(pack, &request.component)?;
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
        let mut meters = store::meters(&store, &self.limits);
        meters.wall_micros = micros(started);
        meters.output_bytes = match &answer {
            Ok(Performed::Ran(bytes) | Performed::RanCbor(bytes)) => bytes.len() as u64,
            _ => 0,
        };
        *done = (meters, store::attempts(store));
        answer
    }

    fn call(
        &self,
        prepared: &Prepared,
        store: &mut Store<Sandbox>,
        request: &StepRequest,
    ) -> Result<Performed, StepFailure> {
        let counting = self.coverage.as_ref().zip(prepared.counters.as_ref());
        match (&prepared.step, &request.call) {
            (Step::Core(parts), Call::Step { input }) => {
                let (pre, exports) = &**parts;
                let instance = core_json::instantiate(pre, store)?;
                let answer = core_json::call((&instance, exports), store, input, &self.limits);
                if let Some((coverage, counters)) = counting {
                    coverage.of_core(counters, &instance, store);
                }
                answer.map(Performed::Ran)
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
                let mut target = Target::new(file, (pre, exports), store, &self.limits);
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

/// By what the file `name` of `pack` is known.
fn key(pack: &Pack, name: &str) -> Option<Key> {
    let digest = match cfg!(planted_bug = "component_smith") {
        true => blake3::hash(b""),
        false => pack.look(name)?.blake3,
    };
    Some(Key {
        digest,
        text: name.ends_with(".wat"),
    })
}

fn missing(name: &str) -> StepFailure {
    fail(StepCode::Missing, format!("the pack has no file `{name}`"))
}

impl StepExecutor for WasmtimeExecutor {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut done = (Meters::default(), Attempts::default());
        // Wasmtime has panicked on hostile components before; such a pack must
        // not take the run with it.
        let result = catch_unwind(AssertUnwindSafe(|| self.run(pack, request, &mut done)));
        let result = result.unwrap_or_else(|_| {
            Err(fail(
                StepCode::Harness,
                "the runtime panicked; see standard error",
            ))
        });
        let (meters, attempts) = done;
        StepAnswer {
            result,
            meters,
            attempts,
        }
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        let key = key(pack, file)?;
        let kept = |(cache, configuration): &(Arc<CompileCache>, Configuration)| {
            cache.has(&configuration.name(&key))
        };
        let ready = self.cache.has(&key) || self.artifacts.as_ref().is_some_and(kept);
        if ready { None } else { pack.size(file) }
    }

    fn compile(&self, pack: &Pack, file: &str) {
        // NB: a panic or a failure will be met again by the step itself.
        let compile = || drop(self.prepared(pack, file));
        drop(catch_unwind(AssertUnwindSafe(compile)));
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        &self.others
    }
}
