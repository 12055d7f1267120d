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
mod making;
mod permits;
mod prepare;
mod reflect;
mod store;
mod ticker;
mod timing;

pub use artifacts::{
    CacheError, CodeName, CodeNames, CompileCache, DEFAULT_CACHE_BYTES, Handed, Usage,
};
pub use coverage::{CoveredFile, CoveredFunction, Words};
pub use executor::WasmtimeExecutor;
pub use host::granted;
pub use making::{Alone, Compilers, ExecError};
pub use timing::{Preparing, Slow, Timing};
