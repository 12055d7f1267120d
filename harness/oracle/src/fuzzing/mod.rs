//! Fuzzes one pack's wizards. Changes of inputs are guided by the questions, by
//! the values that the guests compare with, and by coverage. Each run must keep
//! the properties that hold of every run.
//!
//! The caller owns the loop, the threads and the clock: a [`Campaign`] chooses an
//! input, a [`TargetRunner`] runs it, and the campaign records the result.

mod campaign;
mod changes;
mod input;
mod target_runner;

pub use campaign::{Answered, Campaign, Progress};
pub use input::{FuzzInputSpec, Input, input_specs};
pub use target_runner::{Found, TargetRunner, Tried};
