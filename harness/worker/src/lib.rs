//! Steps in a process of their own, which can be killed, starved and searched.
//!
//! [`serve`] is that process: it locks itself, and then runs steps by
//! [`provision_exec::WasmtimeExecutor`] for whoever holds the other end of its
//! standard input. [`Isolated`] is the other end: a
//! [`provision_core::wizard::StepExecutor`] over a few such processes, which
//! survives whatever becomes of them.
//!
//! Nothing that a worker says is believed further than its own pack: artifacts
//! that go into the compile cache are taken only from workers that run no
//! guests.

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
pub use sandbox::Restriction;
pub use serve::serve;
pub use supervise::{
    CompileTimeout, Covering, Isolated, Setup, WORKER_MEMORY, WorkerError, attack, locks,
};
