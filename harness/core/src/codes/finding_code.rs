//! Finding codes as texts, and what they say.

use super::{CheckCode, FindingCode};
use std::fmt;

impl FindingCode {
    /// The code of this version that is spelled `text`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::all().find(|code| code.as_str() == text)
    }

    /// Whether it says that two runs on the same input differ.
    #[must_use]
    pub fn is_difference(&self) -> bool {
        let Self::Check(code) = self else {
            return false;
        };
        matches!(
            code,
            CheckCode::OutcomeDiffers
                | CheckCode::OutputDiffers
                | CheckCode::FuelDiffers
                | CheckCode::HostcallsDiffer
                | CheckCode::PlanDiffers
                | CheckCode::NotIdempotent
        )
    }
}

impl fmt::Display for FindingCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
