//! Judges what was observed of a pack.
//!
//! [`observe`] performs the whole chain for one pack, [`judge`] holds what it
//! saw against the check table. Neither does IO, and neither panics: trials,
//! property tests and fuzz targets all call the same two functions.
#![forbid(unsafe_code)]

mod budget;
pub mod checks;
mod compare;
pub mod executor_invariants;
pub mod fuzzing;
pub mod generators;
mod judge;
pub mod mutations;
mod observe;
pub mod required_steps;
pub mod secret_scan;
pub mod shrink;
mod verdict;
pub mod zip_readers;

pub use judge::{
    Check, CheckResult, Conclusion, Findings, Level, Scope, ScopeKind, judge, judge_by, scopes,
};
pub use observe::probe::{Probe, ProbeOutcome, Probed};
pub use observe::{
    Conditions, Described, Listing, Observed, Opened, Opening, Runs, Spent, Subject, Texts,
    Validated, observe, observe_opened,
};
pub use verdict::{deciding_code, executed_steps, verdict};
