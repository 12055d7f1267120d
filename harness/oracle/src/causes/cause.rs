//! [`Cause`]: what is wrong with a pack, once, with every place where it shows.

use crate::check::{Bite, Level};
use provision_core::FindingCode;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// One defect of a pack, and all findings that show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cause {
    /// Sixteen hex digits that are the same in every run and for every label or path of
    /// the pack: a digest of the code and of the facts behind it.
    pub id: String,
    /// The strongest level of its checks.
    pub level: Level,
    /// Where users meet it.
    pub bite: Bite,
    /// The code of its findings.
    pub code: FindingCode,
    /// Ids of the checks that found it, the deciding one first.
    pub checks: Vec<String>,
    /// The defect, in one line.
    pub what: String,
    /// What users of the pack see, in one line.
    pub users_see: Cow<'static, str>,
    /// What the publisher should do, in one line.
    #[serde(rename = "do")]
    pub fix: Cow<'static, str>,
    /// The file of the pack that it is about, if it is about one component.
    pub about: Option<String>,
    /// Other files with the same bytes, for which it holds too.
    pub also: Vec<String>,
    /// Where it shows, by check and scope.
    pub places: Vec<Place>,
    /// The number of its findings.
    pub findings: usize,
    /// The id of the cause that it follows from, if there is one.
    pub blocked_by: Option<String>,
    /// The number of findings of other causes that follow from it.
    pub follow: usize,
}

/// The findings of one check in one scope.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Place {
    /// Id of the check.
    pub check: String,
    /// The wizard's name, or `pack`.
    pub scope: String,
    /// Where in it, each place once. Long lists are cut; the results of the checks have
    /// every finding.
    pub at: Vec<String>,
}

impl Cause {
    /// Whether it has findings of this check in this scope.
    #[must_use]
    pub fn is_of(&self, check: &str, scope: &str) -> bool {
        let mut places = self.places.iter();
        places.any(|place| place.check == check && place.scope == scope)
    }
}
