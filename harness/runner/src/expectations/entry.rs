//! [`Entry`]: one expected failure.

use super::error::{EntryError, LONGEST};
use provision_core::text::{inert, matches};
use provision_core::{Finding, Status};
use provision_oracle::{Cause, CheckResult, Stage, checks};
use semver::VersionReq;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use time::{Date, format_description::BorrowedFormatItem, macros::format_description};

const DAY: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");

/// One expected failure, as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The check's id; empty if the entry names a cause.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub check: String,
    /// The id of a cause, which reports show: every check that fails only because of it is
    /// excused. Instead of `check` and `code`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
    /// The pack's id.
    pub pack: String,
    /// Versions of the pack, as a semver requirement.
    pub version: VersionReq,
    /// The one code that is excused; empty if the entry names a cause.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub code: String,
    /// The place of the findings, as reports show it; `*` stands for any text. Without it,
    /// any place. Not for a cause, which knows its places.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
    /// The number of different findings of a pack that are excused; without it, one. If the
    /// pack has more, none is excused, because the entry does not know which is new. The same
    /// finding of several wizards counts once; of a cause, each finding counts, as in reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub count: Option<NonZeroUsize>,
    /// Why the failure is expected.
    pub reason: String,
    /// The issue that tracks the failure.
    pub issue: String,
    /// Who works on the failure.
    pub owner: String,
    /// The day on which it was added, `2026-01-31`.
    pub added: String,
    /// The last day on which it excuses the failure.
    pub expires: String,
}

/// What an entry is about in the results of one pack.
#[derive(Debug, Default)]
pub(super) struct Met {
    /// The findings that it would excuse: the number of the result, that of the finding.
    pub(super) places: Vec<(usize, usize)>,
    /// How many findings there are, by the rule of [`Entry::count`].
    pub(super) count: usize,
}

/// Whether an expectation may excuse failures of check `id`.
pub(crate) fn excusable(id: &str) -> bool {
    let stage = Stage::of(id);
    !matches!(stage, Some(Stage::Archive | Stage::Sandbox)) || cfg!(planted_bug = "expectations")
}

impl Entry {
    pub(crate) fn name(&self) -> String {
        let (pack, version) = (inert(&self.pack, 80), inert(&self.version.to_string(), 80));
        let what = match &self.cause {
            Some(cause) => format!("of cause {}", inert(cause, 80)),
            None => format!(
                "of {} ({}{})",
                self.check,
                inert(&self.code, 80),
                self.place()
            ),
        };
        format!("expectation {what} for {pack} {version}")
    }

    /// The place in words; empty if any is meant.
    fn place(&self) -> String {
        let at = self.at.as_ref();
        at.map_or_else(String::new, |at| format!(" at {}", inert(at, 200)))
    }

    /// Whether `other` excuses the same failure, in whatever number.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.check == other.check
            && self.cause == other.cause
            && self.pack == other.pack
            && self.version == other.version
            && self.code == other.code
            && self.at == other.at
    }

    /// How many findings of a pack it excuses.
    pub(crate) fn most(&self) -> usize {
        self.count.map_or(1, NonZeroUsize::get)
    }

    /// Its first day.
    pub(super) fn begins(&self) -> Option<Date> {
        Date::parse(&self.added, DAY).ok()
    }

    /// Checks that the entry is allowed, and returns its last day.
    pub(super) fn validate(&self) -> Result<Date, EntryError> {
        match &self.cause {
            Some(_) if !self.check.is_empty() || !self.code.is_empty() || self.at.is_some() => {
                return Err(EntryError::CheckAndCause);
            }
            Some(cause) if !is_cause(cause) => return Err(EntryError::Cause(cause.clone())),
            Some(_) => {}
            None if checks::by_id(&self.check).is_none() => {
                return Err(EntryError::UnknownCheck(self.check.clone()));
            }
            None if !excusable(&self.check) => return Err(EntryError::NotExcusable),
            None if self.code.trim().is_empty() => return Err(EntryError::Empty("code")),
            None => {}
        }
        for (name, value) in [
            ("pack", &self.pack),
            ("reason", &self.reason),
            ("issue", &self.issue),
            ("owner", &self.owner),
        ] {
            if value.trim().is_empty() {
                return Err(EntryError::Empty(name));
            }
        }
        let date = |name, text: &str| Date::parse(text, DAY).map_err(|_| EntryError::Date(name));
        let (added, expires) = (date("added", &self.added)?, date("expires", &self.expires)?);
        match (expires - added).whole_days() {
            0..=LONGEST => Ok(expires),
            days => Err(EntryError::Lifetime { days }),
        }
    }

    /// The findings of failed checks that the entry is about.
    pub(super) fn met(&self, results: &[CheckResult], causes: &[Cause]) -> Met {
        let failed = results.iter().enumerate();
        let failed = failed.filter(|(_, r)| r.status == Status::Failed);
        let Some(id) = &self.cause else {
            let of_check = failed.filter(|(_, r)| r.check == self.check);
            let places: Vec<(usize, usize)> = of_check
                .flat_map(|(i, r)| r.findings.iter().enumerate().map(move |(j, f)| (i, j, f)))
                .filter(|(_, _, finding)| self.is_about(finding))
                .map(|(i, j, _)| (i, j))
                .collect();
            let found = places.iter().map(|(i, j)| &results[*i].findings[*j]);
            let different: BTreeSet<_> = found.map(|f| (&f.at, &f.expected, &f.actual)).collect();
            let count = different.len();
            return Met { places, count };
        };
        let of_cause = failed.filter(|(_, r)| fails_only_by(id, r, causes));
        let places = of_cause.flat_map(|(i, r)| (0..r.findings.len()).map(move |j| (i, j)));
        // What follows from a cause grows and shrinks with it, and does not count.
        let may_be = |cause: &&Cause| cause.checks.iter().any(|check| excusable(check));
        let of_id = causes.iter().filter(|c| c.id == *id).filter(may_be);
        Met {
            places: places.collect(),
            count: of_id.map(|cause| cause.findings).sum(),
        }
    }

    fn is_about(&self, finding: &Finding) -> bool {
        let at = self.at.as_deref();
        finding.code.as_str() == self.code && at.is_none_or(|at| matches(at, &finding.at))
    }

    pub(super) fn excuse_text(&self) -> String {
        let what = match &self.cause {
            Some(cause) => format!("because of cause {}", inert(cause, 80)),
            None => format!("with {}{}", inert(&self.code, 80), self.place()),
        };
        format!(
            "expected to fail {what} until {}: {} ({}, {})",
            self.expires,
            inert(&self.reason, 200),
            inert(&self.issue, 200),
            inert(&self.owner, 80)
        )
    }
}

/// Whether `result` fails only because of the cause `id`, or of what follows from it.
fn fails_only_by(id: &str, result: &CheckResult, causes: &[Cause]) -> bool {
    let scope = result.scope.to_string();
    let of_result = causes.iter().filter(|c| c.is_of(result.check, &scope));
    let mut of_result = of_result.peekable();
    let follows = |cause: &Cause| cause.id == id || cause.blocked_by.as_deref() == Some(id);
    excusable(result.check) && of_result.peek().is_some() && of_result.all(follows)
}

/// Whether `text` can be the id of a cause.
fn is_cause(text: &str) -> bool {
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    text.len() == 16 && text.chars().all(is_hex)
}
