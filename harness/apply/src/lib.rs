//! Carries plans out: config, secrets, state and outgoing operations of installations
//! change together or not at all, and are taken back without a trace.
//!
//! ```text
//! Request ──Work::compute──▶ Work ──write──▶ Transaction ──commit──▶ Store
//!                             │
//!                             └──▶ Diff, SavedPlan
//! ```
//!
//! [`Applier`] knows the traits of [`store`] alone. [`MemoryStore`] serves checks and
//! tests; the feature `embedded` adds a store in a file. Nothing here talks to a
//! network: a host takes outgoing operations from the [`outbox`].
#![forbid(unsafe_code)]

pub mod applier;
pub mod contents;
pub mod diff;
#[cfg(feature = "embedded")]
pub mod embedded;
pub mod error;
pub mod export;
pub mod key;
pub mod memory;
pub mod operation;
pub mod outbox;
mod queue;
pub mod record;
pub mod request;
mod resolve;
pub mod saved;
mod shown;
pub mod store;
pub mod tables;
mod tuple;
pub mod verify;
mod work;

pub use applier::{Applied, Applier};
pub use contents::{Contents, view};
pub use diff::{Change, ChangeKind, Diff, Part};
#[cfg(feature = "embedded")]
pub use embedded::EmbeddedStore;
pub use error::{ApplyError, StoreError};
pub use export::{ExportedFile, Provenance, greentic_setup};
pub use key::InstallKey;
pub use memory::MemoryStore;
pub use operation::{Operation, OperationKind, OperationState};
pub use record::{InstallRecord, PackIdentity};
pub use request::Request;
pub use resolve::unresolved;
pub use saved::SavedPlan;
pub use store::{
    ConfigStore, Content, InstallStore, Outbox, Revision, SecretStore, Snapshot, StateStore, Store,
    Transaction,
};
pub use verify::{Problem, verify};

/// The version of the harness, as records and saved plans state it.
pub const HARNESS_VERSION: &str = env!("CARGO_PKG_VERSION");
