//! Fuzzing one pack's wizards: inputs are changed, guided by what is asked, by
//! what the guests look for and by which of their code ran, and each run is
//! held against what must hold of every run.
//!
//! The loop, the threads and the clock belong to the caller: a [`Campaign`]
//! says what to try, a [`TargetRunner`] tries it, and the campaign learns from it.

mod campaign;
mod changes;
mod input;
mod target_runner;

pub use campaign::{Answered, Campaign, Progress};
pub use input::{FuzzInputSpec, Input, ground};
pub use target_runner::{Found, TargetRunner, Tried};
