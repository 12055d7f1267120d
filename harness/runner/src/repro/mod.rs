//! Repro bundles: one failure as a file, to reproduce it offline. A bundle contains
//! the pack, the check, the answers, the conditions and the findings.
//!
//! Strangers attach bundles to issues, so a bundle is untrusted. The harness validates
//! it before it uses any of it, and a bundle cannot raise the bounds of a run.

mod bundle;
pub(crate) mod error;
mod limits;
mod pack;
mod replay;
mod write;

pub use bundle::{AnyBundle, Bundle, Decoded, FUZZ, FuzzBundle};
pub use error::BundleError;
pub use pack::{BundledPack, bundled};
pub use replay::{Replay, Shown};
pub use write::write;
