//! Expected failures: each names one check, one code, one pack and an end.
//!
//! An expectation that is no longer true makes the run stale: one that matches no
//! pack, whose check no longer fails, or that has expired.

mod error;

use crate::excusal::{Excusal, Fate, Fates};
use crate::exit::Error;
use crate::read_file;
pub(crate) use error::LONGEST;
pub use error::{EntryError, ExpectationsError};
use provision_core::Status;
use provision_core::text::inert;
use provision_oracle::{CheckResult, Stage, Subject, checks};
use semver::{Version, VersionReq};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use time::{Date, format_description::BorrowedFormatItem, macros::format_description};

const DAY: &[BorrowedFormatItem<'static>] = format_description!("[year]-[month]-[day]");
/// Days before its end from which on the harness warns of an expectation.
const WARNING: i64 = 14;

/// One expected failure, as the file has it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The check's id.
    pub check: String,
    /// The pack's id.
    pub pack: String,
    /// Versions of the pack, as a semver requirement.
    pub version: VersionReq,
    /// The one code that is excused.
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

/// Reads and validates the entries of a file.
///
/// # Errors
/// [`ExpectationsError`] says which entry is not allowed, and why.
pub fn parse_entries(text: &str) -> Result<Vec<Entry>, ExpectationsError> {
    let entries = parse_dated(text)?;
    Ok(entries.into_iter().map(|(entry, _)| entry).collect())
}

fn parse_dated(text: &str) -> Result<Vec<(Entry, Date)>, ExpectationsError> {
    let file: File = toml::from_str(text)?;
    let entries = file.expect.into_iter().enumerate().map(|(i, entry)| {
        let refused = |why| ExpectationsError::Entry { entry: i + 1, why };
        let expires = entry.validate().map_err(refused)?;
        Ok((entry, expires))
    });
    entries.collect()
}

/// The text of a file with `entries`.
///
/// # Errors
/// [`Error::Format`] if TOML cannot express them.
pub fn render(entries: &[Entry]) -> Result<String, Error> {
    let file = File {
        expect: entries.to_vec(),
    };
    let error = |format, detail| Error::Format { format, detail };
    toml::to_string_pretty(&file).map_err(|e| error("TOML", e.to_string()))
}

/// Whether an expectation may excuse failures of check `id`.
pub(crate) fn excusable(id: &str) -> bool {
    let stage = Stage::of(id);
    !matches!(stage, Some(Stage::Archive | Stage::Sandbox)) || cfg!(planted_bug = "expectations")
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    expect: Vec<Entry>,
}

/// The expectations of a run.
#[derive(Debug)]
pub struct Expectations {
    entries: Vec<(Entry, Date)>,
    today: Date,
    fates: Mutex<Fates>,
}

impl Expectations {
    /// Reads the TOML file at `path`.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read; [`Error::Expectations`] says which entry
    /// is not allowed, and why.
    pub fn load(path: &Path, today: Date) -> Result<Self, Error> {
        let text = read_file::read_text(path, read_file::EXPECTATIONS).map_err(Error::File)?;
        Self::parse(&text, today).map_err(|why| Error::Expectations {
            path: path.to_owned(),
            why,
        })
    }

    /// Reads the text of a file.
    ///
    /// # Errors
    /// [`ExpectationsError`] says which entry is not allowed, and why.
    pub fn parse(text: &str, today: Date) -> Result<Self, ExpectationsError> {
        let entries = parse_dated(text)?;
        let fates = Mutex::new(Fates(vec![Fate::default(); entries.len()]));
        Ok(Self {
            entries,
            today,
            fates,
        })
    }

    /// `results` of `subject` with the expected failures excused.
    #[must_use]
    pub fn excuse(&self, subject: &Subject, mut results: Vec<CheckResult>) -> Excusal {
        let mut fates = vec![Fate::default(); self.entries.len()];
        let manifest = subject.opened.as_ref().ok().map(|o| o.pack.manifest());
        let id = manifest.and_then(|m| m.id.as_deref());
        let version = manifest.and_then(|m| Version::parse(m.version.as_deref()?).ok());
        if let (Some(id), Some(version)) = (id, version) {
            let entries = self.entries.iter().zip(&mut fates);
            let about = |e: &Entry| e.pack == id && e.version.matches(&version);
            for ((entry, expires), fate) in entries.filter(|((entry, _), _)| about(entry)) {
                fate.met = true;
                fate.used = *expires >= self.today && entry.excuse(&mut results);
            }
        }
        let fates = Fates(fates);
        Excusal { results, fates }
    }

    /// Records what one pack of the run shows about the expectations.
    pub fn record(&self, fates: &Fates) {
        let mut known = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        known.add(fates);
    }

    /// The stale expectations, one line each. If the run is not `complete`, an
    /// expectation that matches no pack is not stale.
    #[must_use]
    pub fn stale(&self, complete: bool) -> Vec<String> {
        let fates = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        let why = |expires: Date, fate: &Fate| match fate {
            _ if expires < self.today => Some("it has expired"),
            Fate {
                met: true,
                used: false,
            } => Some("the check no longer fails with this code"),
            Fate { met: false, .. } if complete => Some("no selected pack matches"),
            _ => None,
        };
        let entries = self.entries.iter().zip(&fates.0);
        entries
            .filter_map(|((entry, expires), fate)| {
                Some(format!("{}: {}", entry.name(), why(*expires, fate)?))
            })
            .collect()
    }

    /// Entries that end within `WARNING` days, one line each.
    #[must_use]
    pub fn ending(&self) -> Vec<String> {
        let left = |expires: Date| (expires - self.today).whole_days();
        let soon = self
            .entries
            .iter()
            .filter(|(_, e)| (0..=WARNING).contains(&left(*e)));
        soon.map(|(entry, e)| format!("{}: {} days left", entry.name(), left(*e)))
            .collect()
    }
}

impl Entry {
    pub(crate) fn name(&self) -> String {
        format!(
            "expectation of {} ({}) for {}",
            self.check,
            inert(&self.code, 80),
            inert(&self.pack, 80)
        )
    }

    /// Whether `other` excuses the same failure.
    pub(crate) fn same(&self, other: &Self) -> bool {
        self.check == other.check
            && self.pack == other.pack
            && self.version == other.version
            && self.code == other.code
    }

    /// Checks that the entry is allowed, and returns its last day.
    fn validate(&self) -> Result<Date, EntryError> {
        if checks::by_id(&self.check).is_none() {
            return Err(EntryError::UnknownCheck(self.check.clone()));
        }
        if !excusable(&self.check) {
            return Err(EntryError::NotExcusable);
        }
        for (name, value) in [
            ("pack", &self.pack),
            ("code", &self.code),
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
    /// any. A check that also fails with another code is not excused.
    fn excuse(&self, results: &mut [CheckResult]) -> bool {
        let mut used = false;
        for result in results.iter_mut().filter(|r| r.check == self.check) {
            let expected = result.findings.iter().all(|f| f.code.as_str() == self.code);
            if result.status == Status::Failed && expected {
                result.status = Status::NotApplicable;
                result.reason = Some(format!(
                    "expected to fail with {} until {}: {} ({}, {})",
                    inert(&self.code, 80),
                    self.expires,
                    inert(&self.reason, 200),
                    inert(&self.issue, 200),
                    inert(&self.owner, 80)
                ));
                used = true;
            }
        }
        used
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::NoopExecutor;
    use provision_core::{Finding, FindingCode, Source};
    use provision_oracle::{Conditions, Level, Scope, observe};
    use time::macros::date;

    fn file(check: &str, version: &str, added: &str, expires: &str) -> String {
        format!(
            "[[expect]]\ncheck = \"{check}\"\npack = \"p\"\nversion = \"{version}\"\ncode = \"E_X\"\n\
             reason = \"r\"\nissue = \"i\"\nowner = \"o\"\nadded = \"{added}\"\nexpires = \"{expires}\"\n"
        )
    }

    fn good() -> String {
        file("plan.golden", ">=1, <2", "2026-01-01", "2026-03-01")
    }

    fn subject() -> Subject {
        let manifest = br#"{"id":"p","version":"1.5.0"}"#.to_vec();
        let files = [("pack.json".to_owned(), manifest)].into();
        let source = Source::Folder {
            files,
            manifest: None,
        };
        observe(Ok(source), &NoopExecutor, &Conditions::default())
    }

    fn finding(code: &str) -> Finding {
        Finding::new(FindingCode::Foreign(code.into()), "", "", "")
    }

    fn golden(codes: &[&str]) -> CheckResult {
        CheckResult {
            check: "plan.golden",
            level: Level::Must,
            scope: Scope::Pack,
            status: if codes.is_empty() {
                Status::Passed
            } else {
                Status::Failed
            },
            findings: codes.iter().map(|c| finding(c)).collect(),
            reason: None,
        }
    }

    /// The status after excusing, and the stale expectations.
    fn applied(text: &str, today: Date, codes: &[&str]) -> (Status, Vec<String>) {
        let expectations = Expectations::parse(text, today).expect("parses");
        let excusal = expectations.excuse(&subject(), vec![golden(codes)]);
        expectations.record(&excusal.fates);
        (excusal.results[0].status, expectations.stale(true))
    }

    #[test]
    fn expected_code_is_excused_and_untrue_expectation_is_stale() {
        let today = date!(2026 - 02 - 01);
        assert_eq!(
            applied(&good(), today, &["E_X", "E_X"]),
            (Status::NotApplicable, vec![])
        );
        let (status, stale) = applied(&good(), today, &["E_X", "E_Y"]);
        assert_eq!(
            (status, stale.len()),
            (Status::Failed, 1),
            "another reason as well"
        );
        let (status, stale) = applied(&good(), today, &[]);
        assert_eq!(status, Status::Passed);
        assert!(stale[0].contains("no longer fails"), "{stale:?}");
        let (status, stale) = applied(&good(), date!(2026 - 03 - 02), &["E_X"]);
        assert_eq!(status, Status::Failed);
        assert!(stale[0].contains("expired"), "{stale:?}");
        let other = file("plan.golden", ">=2", "2026-01-01", "2026-03-01");
        let (status, stale) = applied(&other, today, &["E_X"]);
        assert_eq!(status, Status::Failed);
        assert!(stale[0].contains("no selected pack matches"), "{stale:?}");
        let partial = Expectations::parse(&other, today).expect("parses");
        assert_eq!(
            partial.stale(false),
            [""; 0],
            "a part of the packs proves nothing"
        );
    }

    #[test]
    fn expectation_is_ending_from_14_days_before_its_end() {
        let ending = |today| {
            Expectations::parse(&good(), today)
                .expect("parses")
                .ending()
                .len()
        };
        assert_eq!(ending(date!(2026 - 02 - 14)), 0);
        assert_eq!(ending(date!(2026 - 02 - 15)), 1);
        assert_eq!(ending(date!(2026 - 03 - 02)), 0, "it is stale then");
    }

    #[test]
    fn invalid_entry_is_refused_with_its_cause() {
        let refused = |text: &str| {
            let error = Expectations::parse(text, date!(2026 - 02 - 01)).expect_err("bad");
            error.to_string()
        };
        for (text, said) in [
            (
                file("no.check", "*", "2026-01-01", "2026-01-02"),
                "unknown check",
            ),
            (
                file("sandbox.within-limits", "*", "2026-01-01", "2026-01-02"),
                "cannot be excused",
            ),
            (
                file("archive.readable", "*", "2026-01-01", "2026-01-02"),
                "cannot be excused",
            ),
            (
                file("plan.golden", "*", "2026-01-01", "2026-07-01"),
                "181 days",
            ),
            (
                file("plan.golden", "*", "2026-01-02", "2026-01-01"),
                "-1 days",
            ),
            (file("plan.golden", "*", "soon", "2026-01-01"), "`added`"),
            (
                file("plan.golden", "one", "2026-01-01", "2026-01-02"),
                "version",
            ),
            (good().replace("\"r\"", "\" \""), "`reason` is empty"),
            (good().replace("expires", "expired"), "expired"),
        ] {
            assert!(refused(&text).contains(said), "{said}: {}", refused(&text));
        }
    }
}
