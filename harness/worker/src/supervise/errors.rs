//! The failures of steps whose worker failed.

use super::process::WorkerFailure;
use super::watchdog::stopped;
use provision_core::wizard::{StepAnswer, StepCode, StepFailure};
use provision_exec::CoveredFile;

/// The answer of a step, and the coverage counters that it hit.
pub(super) struct WorkerReply {
    pub(super) answer: StepAnswer,
    pub(super) files: Vec<CoveredFile>,
    pub(super) hits: Vec<u8>,
}

/// Why an attempt to run a step failed.
pub(super) enum StepError {
    /// The worker failed; with another worker the step may succeed.
    Worker(WorkerFailure),
    /// Another attempt would fail in the same way.
    Final(StepFailure),
}

impl From<WorkerFailure> for StepError {
    fn from(failure: WorkerFailure) -> Self {
        Self::Worker(failure)
    }
}

/// Whether the step may succeed in a fresh worker.
pub(super) fn is_retryable(failure: &WorkerFailure) -> bool {
    !stopped() && !matches!(failure, WorkerFailure::Timeout(_) | WorkerFailure::Stopped)
}

pub(super) fn failed(failure: StepFailure) -> WorkerReply {
    let answer = StepAnswer::of(Err(failure));
    WorkerReply {
        answer,
        files: Vec::new(),
        hits: Vec::new(),
    }
}

fn failure(code: StepCode, failure: &WorkerFailure, attempts: u32) -> StepFailure {
    let message = match attempts {
        1 => failure.to_string(),
        _ => format!("{failure} (failed twice; not tried again)"),
    };
    StepFailure::new(code, message)
}

/// The failure of a step whose worker failed while it ran the step.
pub(super) fn step_failure(worker: &WorkerFailure, attempts: u32) -> StepFailure {
    let code = match worker {
        WorkerFailure::Killed { .. } | WorkerFailure::Ended { .. } | WorkerFailure::Suspended => {
            StepCode::WorkerCrash
        }
        WorkerFailure::Memory { .. } => StepCode::WorkerMemory,
        WorkerFailure::Timeout(_) => StepCode::Deadline,
        WorkerFailure::Protocol(_) => StepCode::WorkerProtocol,
        WorkerFailure::NotStarted(_) | WorkerFailure::Stopped => StepCode::Harness,
    };
    failure(code, worker, attempts)
}

/// The error of a step whose worker failed while it compiled the component.
pub(super) fn compile_error(worker: WorkerFailure, attempts: u32) -> StepError {
    let code = match &worker {
        WorkerFailure::Timeout(_) => StepCode::CompileTimeout,
        WorkerFailure::Killed { signal, .. } if *signal == libc::SIGXCPU => {
            StepCode::CompileTimeout
        }
        WorkerFailure::Killed { .. } | WorkerFailure::Ended { .. } | WorkerFailure::Suspended => {
            StepCode::WorkerCrash
        }
        WorkerFailure::Memory { .. } => StepCode::WorkerMemory,
        WorkerFailure::Protocol(_) => StepCode::WorkerProtocol,
        WorkerFailure::NotStarted(_) | WorkerFailure::Stopped => {
            return StepError::Worker(worker);
        }
    };
    let mut failure = failure(code, &worker, attempts);
    failure.message = format!("while compiling: {}", failure.message);
    StepError::Final(failure)
}
