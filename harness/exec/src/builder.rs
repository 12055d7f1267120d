//! How executors are made.

use crate::compile_cache::{Artifacts, CompileCache, Configuration, Preloaded};
use crate::coverage::Coverage;
use crate::engine::{Compiler, Compilers, engine};
use crate::error::ExecError;
use crate::executor::WasmtimeExecutor;
use crate::module_cache::Cache;
use crate::store_semaphore::StoreSemaphore;
use crate::timing::Timing;
use crate::{host, ticker};
use provision_core::limits::StepLimits;
use std::sync::Arc;

/// What is kept of executors that run alone in their process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerMode {
    /// Guests as they are, one executor a compiler.
    Plain(Compilers),
    /// Guests that count what runs, as [`WasmtimeExecutor::covering`] has them.
    Covering,
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
        let cache = cache.map(|cache| Arc::clone(cache) as Arc<dyn Artifacts>);
        let mut executor = Self::with(limits, Compiler::Fast, cache.as_ref())?;
        for (name, compiler) in compilers.all().iter().skip(1) {
            let other = Self::with(limits, *compiler, cache.as_ref())?;
            executor.others.push((name, Box::new(other)));
        }
        Ok(executor)
    }

    /// Executors for a process that does nothing else, for one thread at a
    /// time. `lock` is called when they are made and before there is another
    /// thread; what needs files or room for the engine's own sake is over then.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run them, or `lock` fails.
    pub fn alone(
        limits: &StepLimits,
        work: WorkerMode,
        handed: &Arc<Preloaded>,
        lock: impl FnOnce() -> std::io::Result<()>,
    ) -> Result<Vec<Self>, ExecError> {
        let handed: Arc<dyn Artifacts> = Arc::clone(handed) as _;
        let made: Result<Vec<Self>, ExecError> = match work {
            WorkerMode::Plain(compilers) => {
                let all = compilers.all().iter();
                all.map(|(_, compiler)| Self::made(limits, *compiler, Some(&handed), 1))
                    .collect()
            }
            WorkerMode::Covering => {
                let executor = Self::made(limits, Compiler::Optimising, None, 1);
                executor.map(|executor| vec![executor.counting(Coverage::default())])
            }
        };
        let made = made?;
        lock()?;
        for executor in &made {
            ticker::attach(executor.base.engine())?;
        }
        Ok(made)
    }

    fn counting(mut self, coverage: Coverage) -> Self {
        self.coverage = Some(coverage);
        self
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
        let executor = Self::with(limits, Compiler::Optimising, None)?;
        Ok(executor.counting(Coverage::default()))
    }

    /// An executor for another thread that numbers its counters as this one
    /// does, which must be [`Self::covering`]; it is held to `limits`.
    ///
    /// # Errors
    /// [`ExecError`] where this machine cannot run it.
    pub fn another(&self, limits: &StepLimits) -> Result<Self, ExecError> {
        let executor = Self::with(limits, Compiler::Optimising, None)?;
        let coverage = self.coverage.as_ref().map(Coverage::another);
        Ok(executor.counting(coverage.unwrap_or_default()))
    }

    fn with(
        limits: &StepLimits,
        compiler: Compiler,
        artifacts: Option<&Arc<dyn Artifacts>>,
    ) -> Result<Self, ExecError> {
        // More stores at once than processors would only take memory.
        let stores = std::thread::available_parallelism().map_or(2, usize::from);
        let executor = Self::made(limits, compiler, artifacts, stores)?;
        ticker::attach(executor.base.engine())?;
        Ok(executor)
    }

    /// An executor whose epoch does not advance yet.
    fn made(
        limits: &StepLimits,
        compiler: Compiler,
        artifacts: Option<&Arc<dyn Artifacts>>,
        stores: usize,
    ) -> Result<Self, ExecError> {
        let engine = engine(limits, compiler, stores).map_err(ExecError::Engine)?;
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        let artifacts = artifacts.map(|artifacts| {
            let configuration = Configuration::of(&engine, compiler, limits);
            (Arc::clone(artifacts), configuration)
        });
        Ok(Self {
            base: host::base(&engine).map_err(ExecError::Engine)?,
            limits: limits.clone(),
            cache: Cache::default(),
            artifacts,
            permits: StoreSemaphore::of(stores),
            timing: Timing::default(),
            runtime: runtime.build()?,
            others: Vec::new(),
            coverage: None,
        })
    }
}
