//! [`Entry`]: one expected failure.

use super::error::{EntryError, LONGEST};
use provision_core::text::inert;
use provision_core::{Finding, Status};
use provision_oracle::{Cause, CheckResult, Stage, checks};
use semver::VersionReq;
use serde::{Deserialize, Serialize};
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

/// Whether an expectation may excuse failures of check `id`.
pub(crate) fn excusable(id: &str) -> bool {
    let stage = Stage::of(id);
    !matches!(stage, Some(Stage::Archive | Stage::Sandbox)) || cfg!(planted_bug = "expectations")
}

impl Entry {
    pub(crate) fn name(&self) -> String {
        let pack = inert(&self.pack, 80);
        match &self.cause {
            Some(cause) => format!("expectation of cause {} for {pack}", inert(cause, 80)),
            None => {
                let code = inert(&self.code, 80);
                format!("expectation of {} ({code}) for {pack}", self.check)
            }
        }
    }

    /// Whether `other` excuses the same failure.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.check == other.check
            && self.cause == other.cause
            && self.pack == other.pack
            && self.version == other.version
            && self.code == other.code
    }

    /// Checks that the entry is allowed, and returns its last day.
    pub(super) fn validate(&self) -> Result<Date, EntryError> {
        match &self.cause {
            Some(_) if !self.check.is_empty() || !self.code.is_empty() => {
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

    /// Excuses the failures that the entry expects, and returns whether there were
    /// any. A check that also fails for another reason is not excused.
    pub(super) fn excuse(&self, results: &mut [CheckResult], causes: &[Cause]) -> bool {
        let mut used = false;
        for result in results.iter_mut().filter(|r| r.status == Status::Failed) {
            if self.expects(result, causes) {
                result.status = Status::NotApplicable;
                result.reason = Some(self.excuse_text());
                used = true;
            }
        }
        used
    }

    /// Whether `result` fails only for the reason that the entry names.
    fn expects(&self, result: &CheckResult, causes: &[Cause]) -> bool {
        let Some(id) = &self.cause else {
            let is_code = |f: &Finding| f.code.as_str() == self.code;
            return result.check == self.check && result.findings.iter().all(is_code);
        };
        let scope = result.scope.to_string();
        let mut of_result = causes
            .iter()
            .filter(|c| c.is_of(result.check, &scope))
            .peekable();
        let follows = |cause: &Cause| cause.id == *id || cause.blocked_by.as_ref() == Some(id);
        excusable(result.check) && of_result.peek().is_some() && of_result.all(follows)
    }

    fn excuse_text(&self) -> String {
        let what = match &self.cause {
            Some(cause) => format!("because of cause {}", inert(cause, 80)),
            None => format!("with {}", inert(&self.code, 80)),
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

/// Whether `text` can be the id of a cause.
fn is_cause(text: &str) -> bool {
    let is_hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    text.len() == 16 && text.chars().all(is_hex)
}
