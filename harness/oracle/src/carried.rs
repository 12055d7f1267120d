//! [`Carried`]: what a setup does when it is carried out on a store, instead of in a
//! dry run.

use provision_apply::{ApplyError, Diff};
use provision_core::wizard::WizardRun;

/// A setup that is carried out on an empty store in memory.
#[derive(Debug)]
pub struct Carried {
    /// The run of the wizard in apply mode.
    pub setup: WizardRun,
    /// The secrets that its plan sets, by key.
    pub sets: Vec<String>,
    /// Those of them that have no value.
    pub lost: Vec<String>,
    /// What follows from it; `None` unless the run completes and more than one run is
    /// wanted.
    pub after: Option<Result<After, ApplyError>>,
}

/// What follows from a setup that was carried out.
#[derive(Debug)]
pub struct After {
    /// The same setup in apply mode, on what it left.
    pub again: WizardRun,
    /// What the second setup changes, if it completes.
    pub changes: Result<Diff, ApplyError>,
    /// How often the guests write to stores.
    pub writes: usize,
    /// The same setup on stores that fail, one for each write that is tried.
    pub faults: Vec<Fault>,
}

/// A setup on a store that refuses a write, and all later ones.
#[derive(Debug)]
pub struct Fault {
    /// The first write that is refused, in words.
    pub write: String,
    /// The run.
    pub run: WizardRun,
    /// How what it leaves differs from what the setup leaves on a store that works.
    /// `None` unless the run completes.
    pub differs: Option<Result<Diff, ApplyError>>,
}
