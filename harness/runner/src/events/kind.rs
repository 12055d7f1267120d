//! [`RunKind`]: what a run judges, and the words for it in reports.

use provision_oracle::{Check, checks};
use serde::{Deserialize, Serialize};

/// What a run judges. A recording takes the place of a pack in each event, and the events,
/// steps and spans in it that of executed steps.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RunKind {
    /// Packs.
    #[default]
    Packs,
    /// Recordings: traces and spans.
    Recordings,
}

impl RunKind {
    #[expect(
        clippy::trivially_copy_pass_by_ref,
        reason = "serde passes a reference"
    )]
    pub(super) fn are_packs(&self) -> bool {
        *self == Self::Packs
    }

    /// The checks of a run, in the order of reports.
    pub fn checks(self) -> impl Iterator<Item = &'static Check> {
        let packs = (self == Self::Packs).then(checks::all);
        let recordings = (self == Self::Recordings).then(checks::of_recordings);
        packs
            .into_iter()
            .flatten()
            .chain(recordings.into_iter().flatten())
    }

    /// Several of what the run judges, in one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Packs => "packs",
            Self::Recordings => "recordings",
        }
    }

    /// One of what the run judges, in one word.
    #[must_use]
    pub fn one(self) -> &'static str {
        match self {
            Self::Packs => "pack",
            Self::Recordings => "recording",
        }
    }

    /// What shows that something happened, in words.
    #[must_use]
    pub fn evidence(self) -> &'static str {
        match self {
            Self::Packs => "steps executed",
            Self::Recordings => "entries read",
        }
    }

    /// What the run did with them, in one word.
    #[must_use]
    pub fn done(self) -> &'static str {
        match self {
            Self::Packs => "executed",
            Self::Recordings => "read",
        }
    }

    /// Several of what shows that something happened, in one word.
    #[must_use]
    pub fn unit(self) -> &'static str {
        match self {
            Self::Packs => "steps",
            Self::Recordings => "entries",
        }
    }

    /// Why a run in which nothing happened is no success.
    #[must_use]
    pub fn nothing(self) -> &'static str {
        match self {
            Self::Packs => "no step of any wizard was executed, so this result proves nothing",
            Self::Recordings => "no recording has an entry, so this result proves nothing",
        }
    }
}
