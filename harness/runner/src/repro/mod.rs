//! Bundles that show one failure again, offline: which pack, which check,
//! which answers, under which conditions, and what was found.
//!
//! A bundle is a file that strangers attach to issues. What it says is checked
//! before anything of it is used, and it cannot widen the bounds of a run.

mod bundle;
pub(crate) mod error;
mod limits;
mod pack;
mod replay;
mod write;

pub use bundle::{AnyBundle, Bundle, Decoded, FUZZ, FuzzBundle};
pub use error::BundleError;
pub use limits::lowered;
pub use pack::{BundledPack, bundled};
pub use replay::{Replay, Shown};
pub use write::write;
