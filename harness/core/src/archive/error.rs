//! Why an archive or a set of names is refused: one stable code a rule.

pub use crate::codes::Rule;
use crate::text::inert;
use std::borrow::Cow;

impl Rule {
    /// Whether the rule is a bound (check `archive.bounded`) rather than a
    /// matter of being readable (check `archive.readable`).
    #[must_use]
    pub fn is_bound(self) -> bool {
        matches!(
            self,
            Self::Size | Self::Entries | Self::NameBound | Self::Inflate
        )
    }
}

/// One violation, with its place in the file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}: {detail}{} (byte {offset})", rule.code(), of_entry(entry.as_deref()))]
pub struct Violation {
    /// The rule that was broken.
    pub rule: Rule,
    /// Offset into the archive file, in bytes; 0 for a folder.
    pub offset: u64,
    /// The entry, escaped, where one is known.
    pub entry: Option<String>,
    /// What is wrong and, where it helps, what to do.
    pub detail: Cow<'static, str>,
}

fn of_entry(entry: Option<&str>) -> String {
    entry.map_or_else(String::new, |e| format!(", entry `{e}`"))
}

impl Violation {
    /// A violation of `rule` at `offset`.
    #[must_use]
    pub fn new(rule: Rule, offset: usize, detail: impl Into<Cow<'static, str>>) -> Self {
        Self {
            rule,
            offset: offset as u64,
            entry: None,
            detail: detail.into(),
        }
    }

    /// The same violation, of the entry `name`.
    #[must_use]
    pub fn of(mut self, name: &str) -> Self {
        self.entry = Some(inert(name, 120));
        self
    }
}

/// Why an archive is refused: the first violation by offset decides, the rest
/// are listed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{first}{}", and_more(rest.len() + unlisted))]
pub struct ArchiveError {
    /// The violation that decides.
    pub first: Violation,
    /// Further violations in the order of their offsets.
    pub rest: Vec<Violation>,
    /// How many more there are than `rest` lists.
    pub unlisted: usize,
}

fn and_more(count: usize) -> String {
    match count {
        0 => String::new(),
        n => format!(", and {n} more"),
    }
}

impl ArchiveError {
    /// How many violations are listed beside the first.
    const LISTED: usize = 63;

    /// The violations `found`, where there are any.
    pub(super) fn of(mut found: Vec<Violation>) -> Option<Self> {
        // NB: stable, so that of two at one offset the one found first decides.
        found.sort_by_key(|v| v.offset);
        let unlisted = found.len().saturating_sub(1 + Self::LISTED);
        let mut found = found.into_iter();
        Some(Self {
            first: found.next()?,
            rest: found.take(Self::LISTED).collect(),
            unlisted,
        })
    }

    /// The rule that decides.
    #[must_use]
    pub fn rule(&self) -> Rule {
        self.first.rule
    }

    /// Every listed violation, the deciding one first.
    pub fn violations(&self) -> impl Iterator<Item = &Violation> {
        std::iter::once(&self.first).chain(&self.rest)
    }
}

impl From<Violation> for ArchiveError {
    fn from(first: Violation) -> Self {
        Self {
            first,
            rest: Vec::new(),
            unlisted: 0,
        }
    }
}
