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

/// In how many workers a step, or compiling a component, failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tries {
    One,
    Two,
    /// In two, and both used up their processor time, or both their memory: the component
    /// takes it, whatever else the machine does.
    BothSpent,
}

impl Tries {
    /// How the second worker failed, after the first did.
    pub(super) fn two(first: &WorkerFailure, second: &WorkerFailure) -> Self {
        match (first, second) {
            (WorkerFailure::Spent(_), WorkerFailure::Spent(_))
            | (WorkerFailure::Memory { .. }, WorkerFailure::Memory { .. }) => Self::BothSpent,
            _ => Self::Two,
        }
    }
}

fn failure(code: StepCode, failure: &WorkerFailure, tries: Tries) -> StepFailure {
    let message = match tries {
        Tries::One => failure.to_string(),
        Tries::Two => format!("{failure} (failed twice; not tried again)"),
        Tries::BothSpent => {
            let alike = match failure {
                WorkerFailure::Memory { .. } => "did",
                _ => "was",
            };
            format!(
                "{failure}, and so {alike} a second worker that compiled nothing else. Ship a \
                 smaller or simpler component"
            )
        }
    };
    StepFailure::new(code, message)
}

/// The failure of a step whose worker failed while it ran the step.
pub(super) fn step_failure(worker: &WorkerFailure, tries: Tries) -> StepFailure {
    let code = match worker {
        WorkerFailure::Killed { .. } | WorkerFailure::Ended { .. } | WorkerFailure::Suspended => {
            StepCode::WorkerCrash
        }
        WorkerFailure::Memory { .. } => StepCode::WorkerMemory,
        // NB: only compiling has a bound on the worker's processor time.
        WorkerFailure::Timeout(_) | WorkerFailure::Spent(_) => StepCode::Deadline,
        WorkerFailure::Protocol(_) => StepCode::WorkerProtocol,
        WorkerFailure::NotStarted(_) | WorkerFailure::Stopped => StepCode::Harness,
    };
    failure(code, worker, tries)
}

/// The error of a step whose worker failed while it compiled the component.
pub(super) fn compile_error(worker: WorkerFailure, tries: Tries) -> StepError {
    let code = match &worker {
        WorkerFailure::Spent(_) | WorkerFailure::Memory { .. } if tries == Tries::BothSpent => {
            StepCode::CompileLimit
        }
        WorkerFailure::Timeout(_) | WorkerFailure::Spent(_) => StepCode::CompileTimeout,
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
    let mut failure = failure(code, &worker, tries);
    failure.message = format!("while compiling: {}", failure.message);
    StepError::Final(failure)
}
