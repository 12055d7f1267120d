//! Bodies of the fuzz targets that run guests or write reports. The code that all
//! targets share is in `provision-fuzz-bytes`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a fuzz target reports a violated invariant by a panic"
)]

mod baseline;
mod bundle;
mod compilers;
mod component_raw;
mod component_smith;
mod expectations;
mod fixtures;
mod host_calls;
pub mod mutators;
mod reports;
mod sandbox;
pub mod seeds;
mod settings;
mod step_core;
mod step_input;
mod step_output;
mod stream;
pub mod threats;

use provision_fuzz_bytes::Target;
pub use sandbox::{Sandbox, folder};

/// Every target of this crate, sorted by name.
pub const TARGETS: &[Target] = &[
    bundle::TARGET,
    compilers::TARGET,
    component_raw::TARGET,
    component_smith::TARGET,
    expectations::TARGET,
    host_calls::TARGET,
    reports::TARGET,
    settings::TARGET,
    step_core::TARGET,
    step_input::TARGET,
    step_output::TARGET,
];

/// Baselines for the rates of targets; they are not targets themselves.
pub const BASELINES: &[Target] = &[baseline::TARGET];

/// Every target of the project.
pub fn all() -> impl Iterator<Item = &'static Target> {
    provision_fuzz_bytes::TARGETS.iter().chain(TARGETS)
}
