//! Runs steps in worker processes, which the supervisor can kill and whose
//! resources the kernel bounds.
//!
//! [`serve`] is the worker: it restricts itself, and then runs steps by
//! [`provision_exec::WasmtimeExecutor`] for the supervisor, which holds the
//! other end of its standard input. [`Isolated`] is the supervisor: a
//! [`provision_core::wizard::StepExecutor`] over several workers, which
//! survives any failure of a worker.
//!
//! The supervisor trusts a worker's replies about the worker's own pack only.
//! The compile cache takes artifacts only from workers that run no guests.

mod escape_test;
mod frame;
mod message;
mod oom_allocator;
mod sandbox;
mod serve;
mod supervise;

pub use escape_test::Attempt;
pub use oom_allocator::Bounded;
pub(crate) use oom_allocator::EXIT_MEMORY;
pub use sandbox::{Restriction, forbid_core_dumps};
pub use serve::serve;
pub use supervise::{
    CompileTimeout, Covering, Isolated, Setup, WORKER_MEMORY, WorkerError, attack, locks,
};
