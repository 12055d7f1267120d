//! The bounded Wasmtime executor: the only crate that names Wasmtime.
//!
//! A step gets a store of its own, a host that gives nothing away, and the bounds of
//! [`provision_core::limits::StepLimits`] as totals over that store. Whatever
//! the guest does, the caller gets a typed answer.

mod abi;
mod artifacts;
mod cache;
mod coverage;
mod engine;
mod executor;
mod failure;
mod host;
mod permits;
mod prepare;
mod reflect;
mod store;
mod ticker;
mod timing;

pub use artifacts::{CacheError, CompileCache, DEFAULT_CACHE_BYTES, Usage};
pub use coverage::{CoveredFunction, Words};
pub use executor::{Compilers, ExecError, WasmtimeExecutor};
pub use host::granted;
pub use timing::{Preparing, Slow};
