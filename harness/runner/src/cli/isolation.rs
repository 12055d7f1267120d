//! In which process steps run.

use super::cache::CacheFlags;
use crate::exit::Error;
use clap::ValueEnum;
use provision_core::Limits;
use provision_core::pack::Pack;
use provision_core::text::inert;
use provision_core::wizard::{StepAnswer, StepExecutor, StepRequest};
use provision_exec::{Compilers, Preparing, WasmtimeExecutor};
use provision_worker::{Isolated, Patience, Setup};
use std::path::PathBuf;
use std::time::Duration;

#[derive(Debug, clap::Args)]
pub(super) struct IsolationFlags {
    /// In which process steps run: in workers that are locked as far as this
    /// machine can, in none but this one (for debugging), or in workers whose
    /// every lock holds.
    #[arg(long, value_enum, default_value_t = Isolation::Auto)]
    isolation: Isolation,
    /// Seconds that a worker may take to compile a component, and half as much
    /// for each MiB of it.
    #[arg(long, value_name = "SECONDS", default_value_t = 10)]
    compile_deadline: u32,
}

/// In which process steps run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Isolation {
    /// In workers, where the system has what they need; Windows has not.
    Auto,
    /// In this one. What breaks the engine ends the run.
    None,
    /// In workers, and every lock has to hold.
    Require,
}

/// An executor, wherever it runs its steps.
pub(super) enum Steps {
    Here(Box<WasmtimeExecutor>),
    Apart(Isolated),
}

impl IsolationFlags {
    /// Whether steps run in other processes.
    pub(super) fn is_apart(&self) -> bool {
        self.isolation != Isolation::None
    }

    /// Whether all locks have to hold.
    pub(super) fn is_strict(&self) -> bool {
        self.isolation == Isolation::Require
    }

    pub(super) fn patience(&self) -> Patience {
        let base = Duration::from_secs(self.compile_deadline.into());
        let mib = base / 2;
        Patience { base, mib }
    }

    /// The executor that these flags ask for.
    pub(super) fn steps(
        &self,
        limits: &Limits,
        compilers: Compilers,
        (cache, jobs): (&CacheFlags, usize),
    ) -> Result<Steps, Error> {
        let cache = cache.open()?;
        if !self.is_apart() {
            let executor = WasmtimeExecutor::over(&limits.step, compilers, cache.as_ref())?;
            return Ok(Steps::Here(Box::new(executor)));
        }
        let setup = Setup {
            program: program()?,
            limits: limits.clone(),
            compilers,
            jobs,
            cache,
            compiling: self.patience(),
            all_locks: self.is_strict(),
            tell: Box::new(warn),
        };
        Ok(Steps::Apart(Isolated::new(setup)?))
    }
}

/// What workers are started from: this very program, also where its file was
/// replaced meanwhile.
pub(super) fn program() -> Result<PathBuf, Error> {
    match cfg!(target_os = "linux") {
        true => Ok("/proc/self/exe".into()),
        false => std::env::current_exe().map_err(|e| {
            let path = std::path::Path::new("this program");
            Error::io("find", path, e)
        }),
    }
}

/// Tells of what went wrong, and then went well.
pub(super) fn warn(message: &str) {
    anstream::eprintln!("warning: {}", inert(message, 600));
}

impl Steps {
    pub(super) fn preparing(&self) -> Preparing {
        match self {
            Self::Here(executor) => executor.preparing(),
            Self::Apart(executor) => executor.preparing(),
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
