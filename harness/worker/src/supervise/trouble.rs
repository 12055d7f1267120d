//! What is to be said of workers that break.

use super::isolated::Told;
use super::live::stopped;
use super::process::Broken;
use provision_core::wizard::{HostActivity, Meters, StepAnswer, StepCode, StepFailure};

/// Why a try came to nothing.
pub(super) enum Trouble {
    /// A worker broke: another one may not.
    Broken(Broken),
    /// There is nothing more to try.
    Final(StepFailure),
}

impl From<Broken> for Trouble {
    fn from(broken: Broken) -> Self {
        Self::Broken(broken)
    }
}

/// Whether a fresh worker might get further.
pub(super) fn again(broken: &Broken) -> bool {
    !stopped() && !matches!(broken, Broken::Late(_) | Broken::Stopped)
}

pub(super) fn failed(failure: StepFailure) -> Told {
    let answer = StepAnswer {
        result: Err(failure),
        meters: Meters::default(),
        attempts: HostActivity::default(),
    };
    Told {
        answer,
        files: Vec::new(),
        hits: Vec::new(),
    }
}

fn failure(code: StepCode, broken: &Broken, tries: u32) -> StepFailure {
    let message = match tries {
        1 => broken.to_string(),
        _ => format!("{broken}; so it did once before, and it was tried again"),
    };
    StepFailure::new(code, message)
}

/// The failure of a step whose worker broke.
pub(super) fn of_step(broken: &Broken, tries: u32) -> StepFailure {
    let code = match broken {
        Broken::Killed { .. } | Broken::Ended { .. } => StepCode::WorkerCrash,
        Broken::Memory { .. } => StepCode::WorkerMemory,
        Broken::Late(_) => StepCode::Deadline,
        Broken::Garbage(_) => StepCode::WorkerProtocol,
        Broken::Unstarted(_) | Broken::Stopped => StepCode::Harness,
    };
    failure(code, broken, tries)
}

/// What comes of a component whose worker broke over compiling it.
pub(super) fn of_compiling(broken: Broken, tries: u32) -> Trouble {
    let code = match &broken {
        Broken::Late(_) => StepCode::CompileTimeout,
        Broken::Killed { signal, .. } if *signal == libc::SIGXCPU => StepCode::CompileTimeout,
        Broken::Killed { .. } | Broken::Ended { .. } => StepCode::WorkerCrash,
        Broken::Memory { .. } => StepCode::WorkerMemory,
        Broken::Garbage(_) => StepCode::WorkerProtocol,
        Broken::Unstarted(_) | Broken::Stopped => return Trouble::Broken(broken),
    };
    let mut failure = failure(code, &broken, tries);
    failure.message = format!("while it was compiled: {}", failure.message);
    Trouble::Final(failure)
}
