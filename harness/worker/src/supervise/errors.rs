//! What is to be said of workers that break.

use super::process::WorkerFailure;
use super::watchdog::stopped;
use provision_core::wizard::{HostActivity, Meters, StepAnswer, StepCode, StepFailure};
use provision_exec::CoveredFile;

/// What came of a step, and what was counted meanwhile.
pub(super) struct WorkerReply {
    pub(super) answer: StepAnswer,
    pub(super) files: Vec<CoveredFile>,
    pub(super) hits: Vec<u8>,
}

/// Why a try came to nothing.
pub(super) enum Trouble {
    /// A worker broke: another one may not.
    WorkerFailure(WorkerFailure),
    /// There is nothing more to try.
    Final(StepFailure),
}

impl From<WorkerFailure> for Trouble {
    fn from(broken: WorkerFailure) -> Self {
        Self::WorkerFailure(broken)
    }
}

/// Whether a fresh worker might get further.
pub(super) fn again(broken: &WorkerFailure) -> bool {
    !stopped() && !matches!(broken, WorkerFailure::Late(_) | WorkerFailure::Stopped)
}

pub(super) fn failed(failure: StepFailure) -> WorkerReply {
    let answer = StepAnswer {
        result: Err(failure),
        meters: Meters::default(),
        attempts: HostActivity::default(),
    };
    WorkerReply {
        answer,
        files: Vec::new(),
        hits: Vec::new(),
    }
}

fn failure(code: StepCode, broken: &WorkerFailure, tries: u32) -> StepFailure {
    let message = match tries {
        1 => broken.to_string(),
        _ => format!("{broken}; so it did once before, and it was tried again"),
    };
    StepFailure::new(code, message)
}

/// The failure of a step whose worker broke.
pub(super) fn of_step(broken: &WorkerFailure, tries: u32) -> StepFailure {
    let code = match broken {
        WorkerFailure::Killed { .. } | WorkerFailure::Ended { .. } => StepCode::WorkerCrash,
        WorkerFailure::Memory { .. } => StepCode::WorkerMemory,
        WorkerFailure::Late(_) => StepCode::Deadline,
        WorkerFailure::Garbage(_) => StepCode::WorkerProtocol,
        WorkerFailure::Unstarted(_) | WorkerFailure::Stopped => StepCode::Harness,
    };
    failure(code, broken, tries)
}

/// What comes of a component whose worker broke over compiling it.
pub(super) fn of_compiling(broken: WorkerFailure, tries: u32) -> Trouble {
    let code = match &broken {
        WorkerFailure::Late(_) => StepCode::CompileTimeout,
        WorkerFailure::Killed { signal, .. } if *signal == libc::SIGXCPU => {
            StepCode::CompileTimeout
        }
        WorkerFailure::Killed { .. } | WorkerFailure::Ended { .. } => StepCode::WorkerCrash,
        WorkerFailure::Memory { .. } => StepCode::WorkerMemory,
        WorkerFailure::Garbage(_) => StepCode::WorkerProtocol,
        WorkerFailure::Unstarted(_) | WorkerFailure::Stopped => {
            return Trouble::WorkerFailure(broken);
        }
    };
    let mut failure = failure(code, &broken, tries);
    failure.message = format!("while it was compiled: {}", failure.message);
    Trouble::Final(failure)
}
