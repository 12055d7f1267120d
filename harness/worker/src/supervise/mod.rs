//! The supervisor: executors that run steps in worker processes.

mod artifact_store;
mod compiling;
mod coverage;
mod errors;
mod executor;
mod pool;
mod process;
mod stable_text;
mod step_file;
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

/// Default of [`Setup::memory`], in bytes: enough to compile any component that
/// is within the bounds.
pub const WORKER_MEMORY: u64 = 1024 * 1024 * 1024;
/// Seconds of processor time that a worker may use in its life. The pool
/// replaces it earlier, unless a single step or component uses all of it.
const CPU: u64 = 600;

/// How the supervisor runs workers.
pub struct Setup {
    /// The program that calls [`crate::serve`] when its first argument is
    /// `worker`.
    pub program: PathBuf,
    /// Bounds on packs and steps.
    pub limits: Limits,
    /// The compilers that compile steps.
    pub compilers: Compilers,
    /// How many steps run, and how many components are compiled, at a time.
    pub jobs: usize,
    /// Keeps compiled code between runs.
    pub cache: Option<Arc<CompileCache>>,
    /// How much processor time compiling a component may take.
    pub compiling: CompileTimeout,
    /// Bytes that a worker may use in addition to those that its engines reserve.
    pub memory: u64,
    /// Whether a restriction that the kernel does not have is an error.
    pub require_restrictions: bool,
    /// Receives a message for each worker that fails, also if another worker
    /// then runs the step.
    pub warn: Box<dyn Fn(&str) + Send + Sync>,
}

/// How much processor time compiling a component may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompileTimeout {
    /// For any component.
    pub base: Duration,
    /// In addition for each MiB of the component.
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
    /// The timeout for a component of so many bytes. `factor` gives compilers
    /// that are slower more time.
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
    /// All restrictions were required, and some are missing.
    #[error(
        "--isolation require: this machine lacks {}; without it a guest that escapes from its \
         sandbox can do more harm (--isolation auto runs with the restrictions that this machine \
         has)",
        .0.join("; ")
    )]
    Restrictions(Vec<String>),
}

impl From<WorkerFailure> for WorkerError {
    fn from(failure: WorkerFailure) -> Self {
        Self::Start(failure.to_string())
    }
}

fn recipe(program: PathBuf, limits: &Limits, work: Work, memory: u64) -> Recipe {
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

/// The restrictions of a worker on this machine, missing ones included.
///
/// # Errors
/// [`WorkerError`] if no worker can be started.
pub fn locks(program: PathBuf) -> Result<Vec<Restriction>, WorkerError> {
    let recipe = recipe(program, &Limits::default(), Work::Fast, WORKER_MEMORY);
    let process = Process::start(&recipe.program, &recipe.start, recipe.bounds, None)?;
    Ok(process.locks.clone())
}

/// Lets a worker attempt to escape, also through a descriptor that is left open
/// as if by mistake.
///
/// # Errors
/// [`WorkerError`] if no worker can be started, or if it ends before it reports
/// its attempts: then one of them succeeded.
pub fn attack(program: PathBuf) -> Result<Vec<Attempt>, WorkerError> {
    let start = |e: std::io::Error| WorkerError::Start(e.to_string());
    let recipe = recipe(program, &Limits::default(), Work::Fast, WORKER_MEMORY);
    let (_reader, writer) = std::io::pipe().map_err(start)?;
    let writer = OwnedFd::from(writer);
    // NB: clears close-on-exec, as a careless caller of this process might.
    rustix::io::fcntl_setfd(&writer, rustix::io::FdFlags::empty()).map_err(|e| start(e.into()))?;
    let number = std::os::fd::AsRawFd::as_raw_fd(&writer);
    let mut process = Process::start(&recipe.program, &recipe.start, recipe.bounds, Some(writer))?;
    let ask = Request::Attack {
        inherited: Some(number),
    };
    let deadline = Instant::now() + Duration::from_secs(20);
    let mut all = attacked(&mut process, &ask, deadline)?;
    let mut unfiltered = recipe.start.clone();
    unfiltered.filtered = false;
    let mut process = Process::start(&recipe.program, &unfiltered, recipe.bounds, None)?;
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
        _ => Err(process.protocol_error("it did not report attempts").into()),
    }
}
