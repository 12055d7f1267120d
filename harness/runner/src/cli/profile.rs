//! [`Profile`]: the levels of checks that a pack must pass.

use clap::ValueEnum;
use provision_oracle::Level;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Profile {
    /// Checks of the level must.
    Core,
    /// Also checks of the level publish, which a published pack must pass.
    Publish,
    /// Also checks of the level should: good practice.
    Strict,
}

impl Profile {
    /// The last level that the profile requires.
    pub(super) fn level(self) -> Level {
        match self {
            Self::Core => Level::Must,
            Self::Publish => Level::Publish,
            Self::Strict => Level::Should,
        }
    }

    /// The profile whose last level is this one.
    pub(super) fn of(level: Level) -> Self {
        match level {
            Level::Must => Self::Core,
            Level::Publish => Self::Publish,
            Level::Should => Self::Strict,
        }
    }
}
