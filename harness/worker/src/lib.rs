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

mod attack;
mod bounded;
mod delta;
mod frame;
mod lock;
mod message;
mod serve;
mod supervise;

pub use attack::Attempt;
pub use bounded::Bounded;
pub(crate) use bounded::EXIT_MEMORY;
pub use lock::Lock;
pub use serve::serve;
pub use supervise::{
    Covering, Isolated, Patience, Setup, WORKER_MEMORY, WorkerError, attack, locks,
};
