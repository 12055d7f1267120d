//! Creates executors.

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

/// Which executors a worker creates.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WorkerMode {
    /// One executor for each compiler, for unchanged guests.
    Plain(Compilers),
    /// One executor that measures guest coverage, like
    /// [`WasmtimeExecutor::covering`].
    Covering,
}

impl WasmtimeExecutor {
    /// An executor that enforces `limits` on every step.
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run it.
    pub fn new(limits: &StepLimits) -> Result<Self, ExecError> {
        Self::over(limits, Compilers::One, None)
    }

    /// An executor that enforces `limits` on every step, with one compiler or
    /// all. It loads compiled code from `cache` and stores new code there.
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run it.
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

    /// Executors for a worker process, which runs one step at a time. Calls
    /// `lock` once the executors exist and before another thread starts: the
    /// engines need no further files and reserve no further memory by then.
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run them, or if `lock` fails.
    pub fn alone(
        limits: &StepLimits,
        work: WorkerMode,
        preloaded: &Arc<Preloaded>,
        lock: impl FnOnce() -> std::io::Result<()>,
    ) -> Result<Vec<Self>, ExecError> {
        let preloaded: Arc<dyn Artifacts> = Arc::clone(preloaded) as _;
        let executors: Result<Vec<Self>, ExecError> = match work {
            WorkerMode::Plain(compilers) => {
                let all = compilers.all().iter();
                all.map(|(_, compiler)| Self::unattached(limits, *compiler, Some(&preloaded), 1))
                    .collect()
            }
            WorkerMode::Covering => {
                let executor = Self::unattached(limits, Compiler::Optimising, None, 1);
                executor.map(|executor| vec![executor.counting(Coverage::default())])
            }
        };
        let executors = executors?;
        lock()?;
        for executor in &executors {
            ticker::attach(executor.base.engine())?;
        }
        Ok(executors)
    }

    fn counting(mut self, coverage: Coverage) -> Self {
        self.coverage = Some(coverage);
        self
    }

    /// Like [`Self::new`], with two further executors that use the compilers
    /// `optimised` and `pulley`.
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run them.
    pub fn with_all_compilers(limits: &StepLimits) -> Result<Self, ExecError> {
        Self::over(limits, Compilers::All, None)
    }

    /// Like [`Self::new`], with optimised code and with guests that count which
    /// of their code runs. Counting uses fuel and memory, so `limits` should
    /// be higher than otherwise.
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run it.
    pub fn covering(limits: &StepLimits) -> Result<Self, ExecError> {
        let executor = Self::with(limits, Compiler::Optimising, None)?;
        Ok(executor.counting(Coverage::default()))
    }

    /// An executor for another thread that enforces `limits` and numbers counters
    /// as this one does. This one must be [`Self::covering`].
    ///
    /// # Errors
    /// [`ExecError`] if this machine cannot run it.
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
        // More open stores than processors would use memory and save no time.
        let stores = std::thread::available_parallelism().map_or(2, usize::from);
        let executor = Self::unattached(limits, compiler, artifacts, stores)?;
        ticker::attach(executor.base.engine())?;
        Ok(executor)
    }

    /// An executor that is not attached to the ticker: its epoch stands still.
    fn unattached(
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
