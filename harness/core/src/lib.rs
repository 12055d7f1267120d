//! Reads packs from bytes, finds their wizards and drives them to plans.
//!
//! Every function depends only on its arguments: no Wasmtime, files, environment,
//! clock or threads. The runner reads paths, the executor
//! ([`wizard::StepExecutor`]) runs Wasm, and the oracle judges.
#![forbid(unsafe_code)]

pub mod archive;
pub mod authored;
mod bundle;
pub mod cbor;
pub mod codes;
pub mod components;
pub mod extensions;
pub mod finding;
pub mod flow;
pub mod integrity;
pub mod json;
pub mod limits;
pub mod manifest;
pub mod pack;
pub mod parity;
pub mod rng;
pub mod scenario;
pub mod text;
pub mod wasm;
pub mod wizard;

pub use bundle::BundlePacks;
pub use codes::FindingCode;
pub use finding::{Finding, Status, Verdict};
pub use limits::Limits;
pub use pack::{OpenError, Pack, Source};
