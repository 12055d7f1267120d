//! The bounded Wasmtime executor: the only crate that names Wasmtime.
//!
//! A step gets a store of its own, a host that changes and reveals nothing, and
//! the bounds of [`provision_core::limits::StepLimits`] as totals over that
//! store. The caller gets a typed answer, whatever the guest does.

mod abi;
mod builder;
mod compile_cache;
mod coverage;
mod deadline;
mod engine;
mod error;
mod executor;
mod failure;
mod host;
mod module_cache;
mod prepare;
mod reflect;
mod store;
mod store_semaphore;
mod ticker;
mod timing;

pub use builder::WorkerMode;
pub use compile_cache::{
    CacheError, CodeName, CodeNames, CompileCache, DEFAULT_CACHE_BYTES, Preloaded, Usage,
};
pub use coverage::{CoveredFile, CoveredFunction, Dictionary};
pub use engine::Compilers;
pub use error::ExecError;
pub use executor::WasmtimeExecutor;
pub use host::granted;
pub use module_cache::is_same_for_every_pack;
pub use timing::{CompileStats, Made, SlowCompile, Timing};
