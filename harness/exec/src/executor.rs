//! [`WasmtimeExecutor`]: one engine, a fresh store a step.

use crate::abi::{core_json, provision_step};
use crate::cache::Cache;
use crate::failure::fail;
use crate::prepare::{Prepared, prepare};
use crate::{engine, store, ticker};
use provision_core::limits::StepLimits;
use provision_core::pack::{Pack, digest};
use provision_core::wizard::{
    Meters, Performed, StepAnswer, StepCode, StepExecutor, StepFailure, StepRequest,
};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Instant;
use wasmtime::Engine;

/// Why there is no executor.
#[derive(Debug, thiserror::Error)]
pub enum ExecError {
    /// Wasmtime does not work with the configuration on this machine.
    #[error("wasmtime engine: {0:#}")]
    Engine(wasmtime::Error),
    /// The epoch ticker's thread could not be started.
    #[error("epoch ticker: {0}")]
    Ticker(#[from] std::io::Error),
}

/// Runs steps in Wasmtime, each in a fresh store, with nothing linked.
pub struct WasmtimeExecutor {
    engine: Engine,
    limits: StepLimits,
    cache: Cache,
}

impl WasmtimeExecutor {
    /// An executor whose every step is held to `limits`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn new(limits: &StepLimits) -> Result<Self, ExecError> {
        let engine = engine::engine(limits).map_err(ExecError::Engine)?;
        ticker::attach(&engine)?;
        Ok(Self {
            engine,
            limits: limits.clone(),
            cache: Cache::default(),
        })
    }

    fn prepared(&self, pack: &Pack, name: &str) -> Result<Arc<Prepared>, StepFailure> {
        let Some(bytes) = pack.read(name) else {
            let message = format!("the pack has no file `{name}`");
            return Err(fail(StepCode::Missing, message));
        };
        let key = (digest(&bytes), name.ends_with(".wat"));
        if let Some(prepared) = self.cache.get(&key) {
            return Ok(prepared);
        }
        let prepared = Arc::new(prepare(&self.engine, name, &bytes, &self.limits)?);
        self.cache.put(key, Arc::clone(&prepared));
        Ok(prepared)
    }

    fn run(
        &self,
        pack: &Pack,
        request: &StepRequest,
        meters: &mut Meters,
    ) -> Result<Vec<u8>, StepFailure> {
        if request.input.len() > self.limits.input_bytes {
            let message = format!(
                "an input of {} bytes, bound {}",
                request.input.len(),
                self.limits.input_bytes
            );
            return Err(fail(StepCode::Input, message));
        }
        let prepared = self.prepared(pack, &request.component)?;
        let mut store = store::open(&self.engine, &self.limits)
            .map_err(|e| fail(StepCode::Harness, format!("{e:#}")))?;
        let started = Instant::now();
        let answer = match &*prepared {
            Prepared::Core(pre) => core_json::call(pre, &mut store, &request.input, &self.limits),
            Prepared::Component(pre) => match std::str::from_utf8(&request.input) {
                Ok(input) => provision_step::call(pre, &mut store, input, &self.limits),
                Err(_) => Err(fail(StepCode::Input, "the input is not UTF-8")),
            },
        };
        *meters = store::meters(&store, &self.limits);
        meters.wall_micros = u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX);
        meters.output_bytes = answer.as_ref().map_or(0, |a| a.len() as u64);
        answer
    }
}

impl StepExecutor for WasmtimeExecutor {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        let mut meters = Meters::default();
        // Wasmtime has panicked on hostile components before; such a pack must
        // not take the run with it.
        let result = catch_unwind(AssertUnwindSafe(|| self.run(pack, request, &mut meters)));
        let result = result.unwrap_or_else(|_| {
            Err(fail(
                StepCode::Harness,
                "the runtime panicked; see standard error",
            ))
        });
        StepAnswer {
            result: result.map(Performed::Ran),
            meters,
        }
    }
}
