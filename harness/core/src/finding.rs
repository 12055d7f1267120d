//! What a judgement is made of: a finding, a status, a verdict.

use crate::codes::FindingCode;
use crate::text::inert;
use serde::{Deserialize, Serialize};
use std::fmt;

/// Status of one check, ordered from least to most severe.
///
/// *Failed* says that the pack is wrong, *Error* that the harness or the
/// machine is. None of *not applicable*, *excused* and *blocked* is a pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Status {
    /// The pack has nothing that the requirement is about.
    NotApplicable,
    /// Judged, and the requirement holds.
    Passed,
    /// Judged, and the pack violates the requirement, as listed expectations say. It is
    /// no pass, and does not fail the pack.
    Excused,
    /// What the check judges did not happen; a blocked check keeps the pack
    /// from passing.
    Blocked,
    /// Judged, and the pack violates the requirement.
    Failed,
    /// The harness could not judge for a reason of its own.
    Error,
}

/// Most characters of a file name in a finding.
const ABOUT_CHARS: usize = 300;

/// One violation of one requirement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// Stable code of the violation, for example `E_TRAP`.
    pub code: FindingCode,
    /// Where in the pack or in the run: a step, a JSON pointer, an offset.
    pub at: String,
    /// What the requirement asks for.
    pub expected: String,
    /// What was found; guest text in it is escaped and cut.
    pub actual: String,
    /// The file of the pack that the finding is about, escaped and cut; for a component
    /// that the pack lacks, the file that should be there. `None` if the finding is not
    /// about one component.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
}

impl Finding {
    /// A finding of `code` at `at`.
    pub fn new(
        code: impl Into<FindingCode>,
        at: impl Into<String>,
        expected: impl Into<String>,
        actual: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            at: at.into(),
            expected: expected.into(),
            actual: actual.into(),
            about: None,
        }
    }

    /// The same finding about `file` of the pack, if there is one.
    #[must_use]
    pub fn about<'f>(mut self, file: impl Into<Option<&'f str>>) -> Self {
        self.about = file.into().map(|name| inert(name, ABOUT_CHARS));
        self
    }
}

/// What the harness says of a whole pack.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// Every required check ran and passed, and enough steps were executed.
    Pass,
    /// The pack declares that it has nothing to provision.
    NotApplicable,
    /// Nothing failed, but a required check could not run.
    Partial,
    /// At least one required check failed.
    Fail,
    /// The harness or the machine failed.
    Error,
}

impl Verdict {
    /// All of them, the worst first.
    pub const WORST_FIRST: [Self; 5] = [
        Self::Error,
        Self::Fail,
        Self::Partial,
        Self::NotApplicable,
        Self::Pass,
    ];

    /// The name used in reports and in `expect.toml`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::NotApplicable => "not_applicable",
            Self::Partial => "partial",
            Self::Fail => "fail",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl Status {
    /// Whether the check was not judged.
    #[must_use]
    pub fn is_skipped(self) -> bool {
        matches!(self, Self::NotApplicable | Self::Blocked)
    }

    /// The name used in reports, which call both kinds of not judged skipped.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NotApplicable | Self::Blocked => "skipped",
            Self::Passed => "passed",
            Self::Excused => "excused",
            Self::Failed => "failed",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
