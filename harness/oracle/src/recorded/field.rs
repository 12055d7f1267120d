//! [`Field`]: a member whose requirements are known only at the end of its object.

use super::judged::{Log, keep};
use super::members::{Scalar, ScalarSeed};
use serde::de::MapAccess;
use std::fmt::Display;

/// A member that should be a text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) enum Field {
    #[default]
    Absent,
    Null,
    /// Something else, in words.
    Wrong(&'static str),
    /// The text, as [`keep`] keeps it.
    Is(String),
}

impl Field {
    pub(super) fn of(value: Scalar<'_>) -> Self {
        match value {
            Scalar::Text(text) => {
                let mut kept = String::new();
                keep(text, &mut kept);
                Self::Is(kept)
            }
            Scalar::Null => Self::Null,
            other => Self::Wrong(other.words()),
        }
    }

    /// Reads the value of a member.
    pub(super) fn read<'de, A: MapAccess<'de>>(members: &mut A) -> Result<Self, A::Error> {
        members.next_value_seed(ScalarSeed(|value: Scalar<'_>| Self::of(value)))
    }

    pub(super) fn text(&self) -> Option<&str> {
        match self {
            Self::Is(text) => Some(text),
            Self::Absent | Self::Null | Self::Wrong(_) => None,
        }
    }

    /// Takes note if it is no text.
    pub(super) fn require(&self, at: impl Display, what: &str, log: &mut Log) {
        match self {
            Self::Is(_) => {}
            Self::Absent => log.missing(at, what),
            Self::Null => log.wrong(at, what, "null"),
            Self::Wrong(found) => log.wrong(at, what, found),
        }
    }

    /// Takes note if it is there, and neither a text nor null.
    pub(super) fn allow(&self, at: impl Display, what: &str, log: &mut Log) {
        if let Self::Wrong(found) = self {
            log.wrong(at, what, found);
        }
    }

    /// Takes note that the member is no object.
    pub(super) fn require_object(&self, at: &str, what: &str, log: &mut Log) {
        match self {
            Self::Absent => log.missing(at, what),
            Self::Null => log.wrong(at, what, "null"),
            Self::Wrong(found) => log.wrong(at, what, found),
            Self::Is(_) => log.wrong(at, what, "a text"),
        }
    }
}
