//! Folds the event stream into the contents of reports: an index of the whole run,
//! then one pack at a time, so that only the index of all packs stays in memory.

mod baseline;
mod causes;
mod contradictions;
mod index;
mod lines;
mod mendable;
mod read;
mod run;
mod uncovered;

pub use baseline::Baseline;
pub use causes::{CauseRow, CauseTable};
pub(crate) use lines::EventLines;
pub use mendable::Mendable;
pub use run::{PackRun, PackSummary, Run};
