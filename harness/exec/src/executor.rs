//! [`WasmtimeExecutor`]: one engine, a fresh store a step.

use crate::abi::{self, Target, core_json};
use crate::cache::Cache;
use crate::coverage::{Coverage, CoveredFunction, Words};
use crate::engine::{Compiler, engine};
use crate::failure::fail;
use crate::prepare::{Prepared, Step, prepare};
use crate::store::Sandbox;
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

/// Runs steps in Wasmtime, each in a fresh store that only the host's own
/// answers come into.
pub struct WasmtimeExecutor {
    base: Linker<Sandbox>,
    limits: StepLimits,
    cache: Cache,
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
        Self::with(limits, Compiler::Fast)
    }

    /// Like [`Self::new`], with further executors that compile in other ways:
    /// `optimised` and `pulley`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run them.
    pub fn with_all_compilers(limits: &StepLimits) -> Result<Self, ExecError> {
        let mut executor = Self::new(limits)?;
        for (name, compiler) in [
            ("optimised", Compiler::Optimising),
            ("pulley", Compiler::Interpreter),
        ] {
            let other = Self::with(limits, compiler)?;
            executor.others.push((name, Box::new(other)));
        }
        Ok(executor)
    }

    /// Like [`Self::new`], with guests that count which of their code runs, and
    /// with optimised code. They use more fuel and memory than they would, so
    /// `limits` should leave room.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn covering(limits: &StepLimits) -> Result<Self, ExecError> {
        let mut executor = Self::with(limits, Compiler::Optimising)?;
        executor.coverage = Some(Coverage::default());
        Ok(executor)
    }

    /// An executor for another thread that numbers its counters as this one
    /// does, which must be [`Self::covering`]; it is held to `limits`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn another(&self, limits: &StepLimits) -> Result<Self, ExecError> {
        let mut executor = Self::with(limits, Compiler::Optimising)?;
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

    fn with(limits: &StepLimits, compiler: Compiler) -> Result<Self, ExecError> {
        let engine = engine(limits, compiler).map_err(ExecError::Engine)?;
        ticker::attach(&engine)?;
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        Ok(Self {
            base: host::base(&engine).map_err(ExecError::Engine)?,
            limits: limits.clone(),
            cache: Cache::default(),
            runtime: runtime.build()?,
            others: Vec::new(),
            coverage: None,
        })
    }

    fn prepared(&self, pack: &Pack, name: &str) -> Result<Arc<Prepared>, StepFailure> {
        let missing = || fail(StepCode::Missing, format!("the pack has no file `{name}`"));
        let look = pack.look(name).ok_or_else(missing)?;
        let digest = match cfg!(planted_bug = "component_smith") {
            true => String::new(),
            false => look.digest.clone(),
        };
        let key = (digest, name.ends_with(".wat"));
        if let Some(prepared) = self.cache.get(&key) {
            return Ok(prepared);
        }
        let bytes = pack.read(name).ok_or_else(missing)?;
        let prepared = Arc::new(prepare(
            (&self.base, self.coverage.as_ref()),
            name,
            &bytes,
            &self.limits,
        )?);
        self.cache.put(key, Arc::clone(&prepared));
        Ok(prepared)
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
        let mut store = store::open(self.base.engine(), &self.limits, request.grants.clone())
            .map_err(|e| fail(StepCode::Harness, format!("{e:#}")))?;
        let _entered = self.runtime.enter();
        let started = Instant::now();
        let answer = self.call(&prepared, &mut store, request);
        let mut meters = store::meters(&store, &self.limits);
        meters.wall_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
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
            (Step::Core(pre), Call::Step { input }) => {
                let instance = core_json::instantiate(pre, store)?;
                let answer = core_json::call(&instance, store, input, &self.limits);
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

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        &self.others
    }
}
