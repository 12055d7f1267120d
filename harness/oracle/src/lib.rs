//! Observes a pack and judges it.
//!
//! [`observe`] opens one pack and drives its wizards; [`judge`] runs the check
//! table on the result. Neither does IO, and neither panics: trials, property
//! tests and fuzz targets all call the same two functions.
#![forbid(unsafe_code)]

mod budget;
mod carried;
pub mod causes;
mod check;
pub mod checks;
mod compare;
pub mod comparison;
mod credentials;
mod deployment;
pub mod executor_invariants;
pub mod fix;
pub mod fuzzing;
pub mod generators;
mod given;
mod installation;
mod judge;
pub mod mutations;
pub mod normalise;
mod observe;
mod previous;
mod probe_outcome;
mod probed;
pub mod recorded;
pub mod required_steps;
mod run_diff;
mod schema;
pub mod secret_scan;
pub mod shrink;
mod stage;
mod subject;
mod tenants;
mod varied;
mod verdict;
mod whole_config;
pub mod zip_readers;

pub use carried::{After, Carried, Fault};
pub use causes::{Cause, Place, causes, causes_of_recording};
pub use check::{
    Applies, Bite, Check, CheckResult, Conclusion, Findings, Level, Run, Scope, ScopeKind, Stage,
};
pub use deployment::{Deployed, Rendered};
pub use given::Given;
pub use judge::{NO_HOST, judge, judge_by, redact, scopes};
pub use observe::{Conditions, Opening, observe, observe_opened};
pub use previous::{
    Compared, Loss, Predecessor, Previous, Taken, Taker, Transition, compare_releases,
    with_previous,
};
pub use probe_outcome::asked;
pub use subject::{
    Described, Listing, Observed, Opened, PlanElsewhere, Probe, ProbeOutcome, Probed, ProbedPlan,
    Runs, Spent, Subject, Texts, Validated,
};
pub use tenants::{TenantRun, TenantWrite, Tenants};
pub use varied::{Variation, Varied};
pub use verdict::{deciding_code, executed_steps, verdict};
