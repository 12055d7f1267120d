//! From bytes to packs, wizards and plans.
//!
//! Everything here is a pure function of its arguments: no Wasmtime, files,
//! environment, clock or threads. Reading paths is the runner's work, running
//! Wasm is the executor's ([`wizard::StepExecutor`]), judging is the oracle's.
#![forbid(unsafe_code)]

pub mod archive;
pub mod cbor;
pub mod codes;
pub mod components;
pub mod finding;
pub mod integrity;
pub mod json;
pub mod limits;
pub mod manifest;
pub mod pack;
pub mod text;
pub mod wasm;
pub mod wizard;

pub use codes::FindingCode;
pub use finding::{Finding, Status, Verdict};
pub use limits::Limits;
pub use pack::{OpenError, Pack, Source};
