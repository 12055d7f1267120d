//! [`StepFile`]: what a worker compiles or runs.

use provision_core::pack::Pack;
use std::fmt;

/// A file of a pack that is a step, and the lane whose compiler compiles it.
#[derive(Clone, Copy)]
pub(super) struct StepFile<'p> {
    pub(super) lane: usize,
    pub(super) pack: &'p Pack,
    pub(super) file: &'p str,
}

impl<'p> StepFile<'p> {
    pub(super) fn of(lane: usize, pack: &'p Pack, file: &'p str) -> Self {
        Self { lane, pack, file }
    }
}

impl fmt::Display for StepFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(id) = &self.pack.manifest().id {
            write!(f, "{id}: ")?;
        }
        f.write_str(self.file)
    }
}
