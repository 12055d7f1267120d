//! [`Aids`]: what is known in addition to a recording.

use super::pack::PackFacts;
use super::replay::Replay;
use super::span::{Canaries, SPANS};
use super::uniques::IN_MEMORY;
use std::sync::Arc;

/// What is known in addition to a recording.
#[derive(Debug)]
pub struct Aids<'a> {
    /// The pack whose flows ran.
    pub pack: Option<&'a PackFacts>,
    /// What runs recorded steps again.
    pub replay: Option<Replay<'a>>,
    /// Ids of a case that are kept in memory, at least one. More are written out.
    pub in_memory: usize,
    /// Values that no recording may show.
    pub canaries: Arc<Canaries>,
    /// Spans that are compared with each other.
    pub spans: usize,
}

impl Default for Aids<'_> {
    fn default() -> Self {
        Self {
            pack: None,
            replay: None,
            in_memory: IN_MEMORY,
            canaries: Arc::default(),
            spans: SPANS,
        }
    }
}
