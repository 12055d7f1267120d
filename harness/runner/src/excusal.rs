//! The results of a pack after its expected failures were excused.

use provision_oracle::CheckResult;

/// What one pack, or a whole run, shows about one expectation.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Fate {
    /// The expectation matches a pack that was examined.
    pub(crate) met: bool,
    /// The expectation is true: the pack has what it excuses, and no more.
    pub(crate) used: bool,
    /// The findings that a pack has, if they are more than the expectation excuses.
    pub(crate) beyond: usize,
}

/// What one pack, or a whole run, shows about each expectation, in the order of the
/// file.
#[derive(Debug, Clone, Default)]
pub struct Fates(pub(crate) Vec<Fate>);

impl Fates {
    /// Adds the fates of another pack.
    pub(crate) fn add(&mut self, other: &Self) {
        for (fate, other) in self.0.iter_mut().zip(&other.0) {
            fate.met |= other.met;
            fate.used |= other.used;
            fate.beyond = fate.beyond.max(other.beyond);
        }
    }
}

/// Results in which expected failures are excused.
#[derive(Debug)]
pub struct Excusal {
    /// The results: an excused failure has the reason, and keeps its findings.
    pub results: Vec<CheckResult>,
    /// What the pack shows about each expectation.
    pub fates: Fates,
}
