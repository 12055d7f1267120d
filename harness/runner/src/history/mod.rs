//! What changes from run to run: JSON reports of many runs, or of two, side by side.
//!
//! A *night* is one JSON report. Nights are sorted by the names of their files.

mod changes;
mod chart;
mod list;
mod live;
mod model;
mod packs;
mod page;
mod read;
mod steps;

pub use changes::{Carried, Carriers, Changes, changes};
pub use model::{CauseLife, History, Night, PackLife, StepLife};
pub use page::page;
pub use read::{Found, Pack, Report, find, read_one};
