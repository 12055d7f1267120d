//! Folds the event stream into what reports show: an index of the whole run,
//! and one pack at a time, so that memory does not grow with the packs.

mod baseline;
mod index;
mod lines;
mod read;
mod run;

pub use baseline::Baseline;
pub(crate) use lines::EventLines;
pub use run::{PackRun, PackSummary, Run};
