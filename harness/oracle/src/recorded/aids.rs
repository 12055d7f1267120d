//! [`Aids`]: what is known in addition to a recording.

use super::pack::PackFacts;
use super::replay::Replay;
use super::uniques::IN_MEMORY;

/// What is known in addition to a recording.
#[derive(Debug)]
pub struct Aids<'a> {
    /// The pack whose flows ran.
    pub pack: Option<&'a PackFacts>,
    /// What runs recorded steps again.
    pub replay: Option<Replay<'a>>,
    /// Ids of a case that are kept in memory, at least one. More are written out.
    pub in_memory: usize,
}

impl Default for Aids<'_> {
    fn default() -> Self {
        Self {
            pack: None,
            replay: None,
            in_memory: IN_MEMORY,
        }
    }
}
