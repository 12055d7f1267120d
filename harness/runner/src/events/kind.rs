//! [`RunKind`]: what a run judges, and the words for it in reports.

use provision_core::text::counted;
use provision_oracle::{Check, checks};
use serde::{Deserialize, Serialize};
use std::fmt::Display;

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

    /// This many of what the run judges.
    #[must_use]
    pub fn counted(self, count: usize) -> String {
        counted(count, self.one(), self.name())
    }

    /// What shows that something happened, as the title of a column.
    #[must_use]
    pub fn evidence_name(self) -> &'static str {
        match self {
            Self::Packs => "steps executed",
            Self::Recordings => "entries read",
        }
    }

    /// This much of what shows that something happened, in words.
    #[must_use]
    pub fn evidence(self, count: usize) -> String {
        match self {
            Self::Packs => counted(count, "step executed", "steps executed"),
            Self::Recordings => counted(count, "entry read", "entries read"),
        }
    }

    /// This many steps, or what takes their place.
    #[must_use]
    pub(crate) fn units<N: Display + PartialEq + From<u8>>(self, count: N) -> String {
        match self {
            Self::Packs => counted(count, "step", "steps"),
            Self::Recordings => counted(count, "entry", "entries"),
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
