//! Where guests run: in this process, or in workers that can be killed.

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
pub enum Place {
    /// In this one. What breaks the engine ends it.
    Here,
    /// In workers of this program.
    Apart {
        /// The program.
        program: PathBuf,
        /// How long compiling a component may take.
        compiling: CompileTimeout,
        /// Whether every lock has to hold.
        all_locks: bool,
    },
}

impl Place {
    /// In workers of this very program, as locked as this machine can.
    ///
    /// # Errors
    /// [`Error::Io`] where the system does not tell which program this is.
    pub fn apart(compiling: CompileTimeout, all_locks: bool) -> Result<Self, Error> {
        Ok(Self::Apart {
            program: program()?,
            compiling,
            all_locks,
        })
    }

    /// An executor of steps as they are, for `jobs` threads.
    ///
    /// # Errors
    /// [`Error::Executor`] or [`Error::Workers`] where there can be none.
    pub fn steps(
        &self,
        limits: &Limits,
        compilers: Compilers,
        (cache, jobs): (Option<&Arc<CompileCache>>, usize),
    ) -> Result<Steps, Error> {
        let Some(setup) = self.setup(limits, (cache, jobs)) else {
            let executor = WasmtimeExecutor::over(&limits.step, compilers, cache)?;
            return Ok(Steps::Here(Box::new(executor)));
        };
        let setup = Setup { compilers, ..setup };
        Ok(Steps::Apart(Isolated::new(setup)?))
    }

    /// An executor for one thread of guests that count what runs.
    ///
    /// # Errors
    /// [`Error::Executor`] or [`Error::Workers`] where there can be none.
    pub fn counted(&self, limits: &Limits) -> Result<Counted, Error> {
        match self.setup(limits, (None, 1)) {
            None => {
                let executor = WasmtimeExecutor::covering(&limits.step)?;
                Ok(Counted::Here(Box::new(executor)))
            }
            Some(setup) => Ok(Counted::Apart(Box::new(Covering::new(setup)?))),
        }
    }

    /// One for another thread, that numbers its counters as `like` does.
    ///
    /// # Errors
    /// [`Error::Executor`] or [`Error::Workers`] where there can be none.
    pub fn another(&self, limits: &Limits, like: &Counted) -> Result<Counted, Error> {
        match (like, self.setup(limits, (None, 1))) {
            (Counted::Here(like), _) => {
                let executor = like.another(&limits.step)?;
                Ok(Counted::Here(Box::new(executor)))
            }
            (Counted::Apart(like), Some(setup)) => {
                Ok(Counted::Apart(Box::new(like.another(setup)?)))
            }
            (Counted::Apart(_), None) => self.counted(limits),
        }
    }

    fn setup(
        &self,
        limits: &Limits,
        (cache, jobs): (Option<&Arc<CompileCache>>, usize),
    ) -> Option<Setup> {
        let Self::Apart {
            program,
            compiling,
            all_locks,
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
            all_locks: *all_locks,
            tell: Box::new(warn),
        })
    }
}

/// What workers are started from: this very program, also where its file was
/// replaced meanwhile.
///
/// # Errors
/// [`Error::Io`] where the system does not tell.
pub fn program() -> Result<PathBuf, Error> {
    match cfg!(target_os = "linux") {
        true => Ok("/proc/self/exe".into()),
        false => {
            let unknown = |e| Error::io("find", Path::new("this program"), e);
            std::env::current_exe().map_err(unknown)
        }
    }
}

/// Tells of what went wrong, and may have gone well in the end.
fn warn(message: &str) {
    anstream::eprintln!("warning: {}", inert(message, 600));
}

/// An executor, wherever it runs its steps.
pub enum Steps {
    /// In this process.
    Here(Box<WasmtimeExecutor>),
    /// In workers.
    Apart(Isolated),
}

impl Steps {
    /// How long steps took to be made ready, so far.
    pub fn compile_stats(&self) -> CompileStats {
        match self {
            Self::Here(executor) => executor.compile_stats(),
            Self::Apart(executor) => executor.compile_stats(),
        }
    }

    fn executor(&self) -> &dyn StepExecutor {
        match self {
            Self::Here(executor) => &**executor,
            Self::Apart(executor) => executor,
        }
    }
}

impl StepExecutor for Steps {
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

/// An executor of guests that count what runs, wherever they run.
pub enum Counted {
    /// In this process.
    Here(Box<WasmtimeExecutor>),
    /// In a worker.
    Apart(Box<Covering>),
}

impl Counted {
    /// What ran since this was last asked: a counter's number, and its count
    /// modulo 256.
    pub fn take_hits(&self) -> Vec<(u32, u8)> {
        match self {
            Self::Here(executor) => executor.take_hits(),
            Self::Apart(executor) => executor.take_hits(),
        }
    }

    /// The functions of the guests that have run so far, and their counters.
    pub fn covered_functions(&self) -> Vec<CoveredFunction> {
        match self {
            Self::Here(executor) => executor.covered_functions(),
            Self::Apart(executor) => executor.covered_functions(),
        }
    }

    /// What the guests that have run so far look for.
    pub fn dictionary(&self) -> Dictionary {
        match self {
            Self::Here(executor) => executor.dictionary(),
            Self::Apart(executor) => executor.dictionary(),
        }
    }
}

impl StepExecutor for Counted {
    fn execute(&self, pack: &Pack, request: &StepRequest) -> StepAnswer {
        match self {
            Self::Here(executor) => executor.execute(pack, request),
            Self::Apart(executor) => executor.execute(pack, request),
        }
    }
}
