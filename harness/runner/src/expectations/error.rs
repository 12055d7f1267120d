//! Why an expectations file is refused.

use crate::advice::nearest;
use provision_core::text::{inert, inert_lines_within};
use provision_oracle::checks;

/// Longest life of an expectation, in days.
pub(crate) const LONGEST: i64 = 180;

/// Why an expectations file is refused.
#[derive(Debug, thiserror::Error)]
pub enum ExpectationsError {
    /// It is not TOML of the right form.
    #[error("{}", inert_lines_within(&.0.to_string(), 300, 12))]
    Toml(#[from] toml::de::Error),
    /// An entry is not allowed.
    #[error("entry {entry}: {why}")]
    Entry {
        /// Its place in the file; the first is 1.
        entry: usize,
        /// What is wrong with it.
        why: EntryError,
    },
}

/// Why an entry of an expectations file is not allowed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// There is no such check.
    #[error("unknown check `{}`{}", inert(.0, 80), nearest(.0, checks::catalogue().map(|check| check.id)))]
    UnknownCheck(String),
    /// Failures of the check are never excused.
    #[error("archive.* and sandbox.* cannot be excused")]
    NotExcusable,
    /// It names a check, a code or a place beside a cause.
    #[error("`cause` stands alone: remove `check`, `code` and `at`")]
    CheckAndCause,
    /// The cause is not the id of one.
    #[error("`cause` is `{}`, not the 16 hex digits that reports show as a cause's id", inert(.0, 80))]
    Cause(String),
    /// A required text is empty.
    #[error("`{0}` is empty")]
    Empty(&'static str),
    /// A text is not a date.
    #[error("`{0}` is not a date like 2026-01-31")]
    Date(&'static str),
    /// It ends too late, or before it begins.
    #[error("lives for {days} days; at most {LONGEST} are allowed")]
    Lifetime {
        /// Days from its first to its last.
        days: i64,
    },
}
