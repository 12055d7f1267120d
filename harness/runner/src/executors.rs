//! Runs guests in this process, or in workers, which a supervisor can kill.

use crate::exit::Error;
use provision_core::Limits;
use provision_core::pack::Pack;
use provision_core::text::inert;
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use provision_exec::{
    CompileCache, CompileStats, Compilers, CoveredFunction, Dictionary, WasmtimeExecutor,
};
use provision_worker::{CompileTimeout, Covering, Isolated, Setup, WORKER_MEMORY};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// In which process guests run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Isolation {
    /// In this process. A guest that crashes the engine ends it.
    InProcess,
    /// In workers of this program.
    Workers {
        /// The program.
        program: PathBuf,
        /// How long compiling a component may take.
        compiling: CompileTimeout,
        /// Whether a restriction that the kernel does not have is an error.
        require_restrictions: bool,
    },
}

impl Isolation {
    /// In workers that are started from this program.
    ///
    /// # Errors
    /// [`Error::Io`] if the system does not report the path of this program.
    pub fn workers(compiling: CompileTimeout, require_restrictions: bool) -> Result<Self, Error> {
        Ok(Self::Workers {
            program: program()?,
            compiling,
            require_restrictions,
        })
    }

    /// An executor without instrumentation, for `jobs` threads.
    ///
    /// # Errors
    /// [`Error::Executor`] or [`Error::Workers`] if it cannot start.
    pub fn steps(
        &self,
        limits: &Limits,
        compilers: Compilers,
        cache: Option<&Arc<CompileCache>>,
        jobs: usize,
    ) -> Result<AnyExecutor, Error> {
        let Some(setup) = self.setup(limits, cache, jobs) else {
            let executor = WasmtimeExecutor::over(&limits.step, compilers, cache)?;
            return Ok(AnyExecutor::InProcess(Box::new(executor)));
        };
        let setup = Setup { compilers, ..setup };
        Ok(AnyExecutor::Workers(Isolated::new(setup)?))
    }

    /// An executor of instrumented guests, for one thread.
    ///
    /// # Errors
    /// [`Error::Executor`] or [`Error::Workers`] if it cannot start.
    pub fn counted(&self, limits: &Limits) -> Result<CoverageExecutor, Error> {
        match self.setup(limits, None, 1) {
            None => {
                let executor = WasmtimeExecutor::covering(&limits.step)?;
                Ok(CoverageExecutor::InProcess(Box::new(executor)))
            }
            Some(setup) => Ok(CoverageExecutor::Workers(Box::new(Covering::new(setup)?))),
        }
    }

    /// An executor of instrumented guests for another thread. It numbers its
    /// counters as `like` does.
    ///
    /// # Errors
    /// [`Error::Executor`] or [`Error::Workers`] if it cannot start.
    pub fn another(
        &self,
        limits: &Limits,
        like: &CoverageExecutor,
    ) -> Result<CoverageExecutor, Error> {
        match (like, self.setup(limits, None, 1)) {
            (CoverageExecutor::InProcess(like), _) => {
                let executor = like.another(&limits.step)?;
                Ok(CoverageExecutor::InProcess(Box::new(executor)))
            }
            (CoverageExecutor::Workers(like), Some(setup)) => {
                Ok(CoverageExecutor::Workers(Box::new(like.another(setup)?)))
            }
            (CoverageExecutor::Workers(_), None) => self.counted(limits),
        }
    }

    fn setup(
        &self,
        limits: &Limits,
        cache: Option<&Arc<CompileCache>>,
        jobs: usize,
    ) -> Option<Setup> {
        let Self::Workers {
            program,
            compiling,
            require_restrictions,
        } = self
        else {
            return None;
        };
        Some(Setup {
            program: program.clone(),
            limits: limits.clone(),
            compilers: Compilers::One,
            jobs,
            cache: cache.cloned(),
            compiling: *compiling,
            memory: WORKER_MEMORY,
            require_restrictions: *require_restrictions,
            warn: Box::new(warn),
        })
    }
}

/// The program that workers are started from: this one. On Linux also if its file was
/// replaced after the start.
///
/// # Errors
/// [`Error::Io`] if the system does not report its path.
pub fn program() -> Result<PathBuf, Error> {
    if cfg!(target_os = "linux") {
        return Ok("/proc/self/exe".into());
    }
    let unknown = |e| Error::io("find", Path::new("this program"), e);
    std::env::current_exe().map_err(unknown)
}

/// Prints a warning about a worker that failed. Another worker may still have run the
/// step.
fn warn(message: &str) {
    anstream::eprintln!("warning: {}", inert(message, 600));
}

/// An executor without instrumentation, in either place.
pub enum AnyExecutor {
    /// In this process.
    InProcess(Box<WasmtimeExecutor>),
    /// In workers.
    Workers(Isolated),
}

impl AnyExecutor {
    /// How long compiling and loading steps took so far.
    pub fn compile_stats(&self) -> CompileStats {
        match self {
            Self::InProcess(executor) => executor.compile_stats(),
            Self::Workers(executor) => executor.compile_stats(),
        }
    }

    fn executor(&self) -> &dyn StepExecutor {
        match self {
            Self::InProcess(executor) => &**executor,
            Self::Workers(executor) => executor,
        }
    }
}

impl StepExecutor for AnyExecutor {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        self.executor().execute(pack, request)
    }

    fn uncompiled(&self, pack: &Pack, file: &str) -> Option<u64> {
        self.executor().uncompiled(pack, file)
    }

    fn compile(&self, pack: &Pack, file: &str) {
        self.executor().compile(pack, file);
    }

    fn others(&self) -> &[(&'static str, Box<dyn StepExecutor>)] {
        self.executor().others()
    }
}

/// An executor of instrumented guests, in either place.
pub enum CoverageExecutor {
    /// In this process.
    InProcess(Box<WasmtimeExecutor>),
    /// In a worker.
    Workers(Box<Covering>),
}

impl CoverageExecutor {
    /// Takes the counters that were hit since the last call: each counter's
    /// number, and its count modulo 256.
    pub fn take_hits(&self) -> Vec<(u32, u8)> {
        match self {
            Self::InProcess(executor) => executor.take_hits(),
            Self::Workers(executor) => executor.take_hits(),
        }
    }

    /// The functions, with their counters, of the guests that have run so far.
    pub fn covered_functions(&self) -> Vec<CoveredFunction> {
        match self {
            Self::InProcess(executor) => executor.covered_functions(),
            Self::Workers(executor) => executor.covered_functions(),
        }
    }

    /// The values that the guests that have run so far compare with.
    pub fn dictionary(&self) -> Dictionary {
        match self {
            Self::InProcess(executor) => executor.dictionary(),
            Self::Workers(executor) => executor.dictionary(),
        }
    }
}

impl StepExecutor for CoverageExecutor {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        match self {
            Self::InProcess(executor) => executor.execute(pack, request),
            Self::Workers(executor) => executor.execute(pack, request),
        }
    }
}
