//! [`Comparison`]: what differs between two packs, as plain data.

use super::change::{Change, NotCompared, Reach};
use super::rules::Class;
use super::step::VersionStep;
use provision_core::Finding;

/// One of the two packs of a comparison.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Side {
    /// Its id, if it has a valid one.
    pub id: Option<String>,
    /// Its version, if it has a valid one.
    pub version: Option<String>,
    /// Lower-case hex SHA-256 of its bytes.
    pub digest: String,
}

/// What differs between two packs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// The old pack.
    pub old: Side,
    /// The new pack.
    pub new: Side,
    /// The differences, sorted by rule and place.
    pub changes: Vec<Change>,
    /// What only one of the packs gets at.
    pub reaches: Vec<Reach>,
    /// What could not be compared.
    pub not_compared: Vec<NotCompared>,
    /// The worst class of all differences; `None` if there are none.
    pub worst: Option<Class>,
    /// The step between the versions.
    pub step: VersionStep,
    /// Whether the step announces a difference of the worst class.
    pub announces_breaking: bool,
    /// Why the harness or the machine failed over one of the packs, if so.
    pub harness_error: Option<Finding>,
}

impl Comparison {
    /// Whether a part that was not compared may hold a difference that the step of the
    /// version does not announce.
    #[must_use]
    pub fn may_hide_a_worse_difference(&self) -> bool {
        let hides = self.not_compared.iter().any(|part| part.matters);
        hides && !self.announces_breaking
    }
}
