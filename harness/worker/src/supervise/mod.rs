//! The other end of the pipe: an executor over workers.

mod artifact_store;
mod compiling;
mod coverage;
mod errors;
mod executor;
mod pool;
mod process;
mod watchdog;

pub use coverage::Covering;
pub use executor::Isolated;
pub(crate) use watchdog::stop as stop_all;

use crate::Attempt;
use crate::message::{Answer, Request, Start, VERSION, Work, from_worker};
use crate::sandbox::Restriction;
use pool::Recipe;
use process::{Process, WorkerFailure};
use provision_core::limits::Limits;
use provision_exec::{CompileCache, Compilers, ExecError};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Bytes that a worker may use beside what its engines take, unless somebody
/// says otherwise: as much as it is sensible to compile with.
pub const WORKER_MEMORY: u64 = 1024 * 1024 * 1024;
/// Seconds of a processor that a worker may use in its life; it is replaced
/// before, unless one step or one component takes all of it.
const CPU: u64 = 600;

/// How workers are run.
pub struct Setup {
    /// The program that calls [`crate::serve`] when its first argument is
    /// `worker`.
    pub program: PathBuf,
    /// Bounds on packs and steps.
    pub limits: Limits,
    /// By which compilers steps are made.
    pub compilers: Compilers,
    /// Steps that run at a time, and components that are compiled at a time.
    pub jobs: usize,
    /// Where compiled code is kept between runs.
    pub cache: Option<Arc<CompileCache>>,
    /// How long compiling a component may take.
    pub compiling: CompileTimeout,
    /// Bytes that a worker may use beside what its engines take.
    pub memory: u64,
    /// Whether a lock that the kernel does not have is an error.
    pub all_locks: bool,
    /// Hears of workers that broke, though the step was then run by another.
    pub tell: Box<dyn Fn(&str) + Send + Sync>,
}

/// How long is waited for a component to be compiled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileTimeout {
    /// For any component.
    pub base: Duration,
    /// For each MiB of it besides.
    pub mib: Duration,
}

impl Default for CompileTimeout {
    fn default() -> Self {
        Self {
            base: Duration::from_secs(10),
            mib: Duration::from_secs(5),
        }
    }
}

impl CompileTimeout {
    /// For a component of so many bytes. Compilers that optimise get more.
    pub(crate) fn with(self, bytes: u64, factor: u32) -> Duration {
        let mib = u32::try_from(bytes.div_ceil(1024 * 1024)).unwrap_or(u32::MAX);
        (self.base + self.mib.saturating_mul(mib)).saturating_mul(factor)
    }
}

/// Why there are no workers.
#[derive(Debug, thiserror::Error)]
pub enum WorkerError {
    /// A worker cannot be started.
    #[error("{0}")]
    Start(String),
    /// The engine does not work on this machine.
    #[error(transparent)]
    Executor(#[from] ExecError),
    /// All locks were asked for, and some do not hold.
    #[error(
        "--isolation require: this machine lacks {}; without it a guest that gets out of its \
         sandbox can do more harm (--isolation auto runs with what there is)",
        .0.join("; ")
    )]
    Restrictions(Vec<String>),
}

impl From<WorkerFailure> for WorkerError {
    fn from(broken: WorkerFailure) -> Self {
        Self::Start(broken.to_string())
    }
}

fn recipe(program: PathBuf, limits: &Limits, (work, memory): (Work, u64)) -> Recipe {
    let bounds = from_worker(&limits.step, work);
    let engines: u64 = match work {
        Work::Fast | Work::Covering => 1,
        Work::All => 3,
    };
    let step = &limits.step;
    let slots = (step.memories as u64).saturating_mul(step.memory_bytes as u64);
    let start = Start {
        version: VERSION,
        limits: limits.clone(),
        work,
        memory,
        guests: engines.saturating_mul(slots),
        parent: std::process::id(),
        cpu: CPU,
        filtered: true,
    };
    Recipe {
        program,
        start,
        bounds,
    }
}

/// What a worker gives up on this machine, and what it cannot.
///
/// # Errors
/// [`WorkerError`] where no worker can be started.
pub fn locks(program: PathBuf) -> Result<Vec<Restriction>, WorkerError> {
    let recipe = recipe(program, &Limits::default(), (Work::Fast, WORKER_MEMORY));
    let process = Process::start(&recipe.program, (&recipe.start, recipe.bounds), None)?;
    Ok(process.locks.clone())
}

/// Lets a worker try to do harm, with a descriptor that it was left by mistake.
///
/// # Errors
/// [`WorkerError`] where no worker can be started, or it does not live to tell:
/// that, too, is an attempt that succeeded.
pub fn attack(program: PathBuf) -> Result<Vec<Attempt>, WorkerError> {
    let start = |e: std::io::Error| WorkerError::Start(e.to_string());
    let recipe = recipe(program, &Limits::default(), (Work::Fast, WORKER_MEMORY));
    let (_reader, writer) = std::io::pipe().map_err(start)?;
    let writer = OwnedFd::from(writer);
    // NB: as a careless caller of this process would have left it.
    rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty()).map_err(|e| start(e.into()))?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&writer);
    let mut process = Process::start(
        &recipe.program,
        (&recipe.start, recipe.bounds),
        Some(writer),
    )?;
    let ask = Request::Attack {
        inherited: Some(number),
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut all = attacked(&mut process, &ask, deadline)?;
    let mut unfiltered = recipe.start.clone();
    unfiltered.filtered = false;
    let mut process = Process::start(&recipe.program, (&unfiltered, recipe.bounds), None)?;
    let ask = Request::Attack { inherited: None };
    all.extend(attacked(&mut process, &ask, deadline)?);
    Ok(all)
}

fn attacked(
    process: &mut Process,
    ask: &Request<'_>,
    deadline: Instant,
) -> Result<Vec<Attempt>, WorkerError> {
    match process.ask(ask, &[], deadline)? {
        (Answer::Attacked { attempts }, _) => Ok(attempts),
        _ => Err(process.garbage("it answers something else").into()),
    }
}
