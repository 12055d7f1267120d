//! The release before the one that is judged: what differs, and what happens to those who
//! have installed it.
//!
//! [`with_previous`] adds a [`Previous`] to a subject. The checks `compare.*` judge it.

mod driving;
mod losses;
mod outcome;
mod transitions;

pub use driving::{Predecessor, compare_releases, with_previous};
pub use losses::Loss;
pub use outcome::{Compared, Previous, Taken, Taker, Transition};
