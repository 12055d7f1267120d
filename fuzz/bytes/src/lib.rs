//! Bodies of the fuzz targets that need no executor, and the code that all targets
//! share. A body takes one input, checks its invariants and panics on a violation.
//!
//! The targets in `fuzz_targets/` only name a body. `cargo fuzz` links them to
//! libFuzzer; a plain build makes programs that replay the files on their command
//! line, and the trials of `provision-fuzz-guests` replay all of `corpus/`.
#![expect(
    clippy::expect_used,
    clippy::panic,
    reason = "a fuzz target reports a violated invariant by a panic"
)]

mod apply_machine;
mod apply_model;
mod archive_bytes;
mod archive_mutated;
mod baseline;
mod manifest_cbor;
mod manifest_json;
pub mod mutators;
mod pack_fix;
mod pack_open;
mod plan_merge;
mod readers;
mod recordings;
mod registry_documents;
mod sbom;
mod scenario;
mod spans;
#[cfg(feature = "store")]
mod store_bytes;
#[cfg(feature = "store")]
mod store_file;
#[cfg(feature = "store")]
mod store_pages;
#[cfg(feature = "store")]
mod store_rows;
mod target;
mod wizard_machine;

pub use arbitrary;
#[cfg(fuzzing)]
pub use libfuzzer_sys;
pub use readers::ALL_READERS;
pub use target::{Attacker, Mutator, Seeds, Target, as_made, as_text, mutate, replay, run, show};

/// Every target of this crate, sorted by name.
pub const TARGETS: &[Target] = &[
    apply_machine::TARGET,
    archive_bytes::TARGET,
    archive_mutated::TARGET,
    manifest_cbor::TARGET,
    manifest_json::TARGET,
    pack_fix::TARGET,
    pack_open::TARGET,
    plan_merge::TARGET,
    recordings::TARGET,
    registry_documents::TARGET,
    sbom::TARGET,
    scenario::TARGET,
    spans::TARGET,
    #[cfg(feature = "store")]
    store_bytes::TARGET,
    wizard_machine::TARGET,
];

/// Baselines for the rates of targets; they are not targets themselves.
pub const BASELINES: &[Target] = &[baseline::TARGET];
