//! Expected failures: each names one check and code, or one cause, and a pack and an end.
//!
//! An expectation that is no longer true makes the run stale: one that matches no
//! pack, whose check no longer fails, or that has expired.

mod entry;
mod error;

use crate::excusal::{Excusal, Fate, Fates};
use crate::exit::Error;
use crate::read_file;
pub use entry::Entry;
pub(crate) use entry::excusable;
pub(crate) use error::LONGEST;
pub use error::{EntryError, ExpectationsError};
use provision_oracle::{CheckResult, Subject, causes};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use time::Date;

/// Days before its end from which on the harness warns of an expectation.
const WARNING: i64 = 14;

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
            // The causes before anything is excused.
            let causes = causes(subject, &results);
            let entries = self.entries.iter().zip(&mut fates);
            let about = |e: &Entry| e.pack == id && e.version.matches(&version);
            for ((entry, expires), fate) in entries.filter(|((entry, _), _)| about(entry)) {
                fate.met = true;
                fate.used = *expires >= self.today && entry.excuse(&mut results, &causes);
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
            } => Some("the pack no longer fails in this way"),
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

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::NoopExecutor;
    use provision_core::{Finding, FindingCode, Source, Status};
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
    fn cause_excuses_the_checks_that_fail_only_because_of_it() {
        let today = date!(2026 - 02 - 01);
        let with_cause = |id: &str| {
            let entry = good().replace("check = \"plan.golden\"\n", "");
            entry.replace("code = \"E_X\"", &format!("cause = \"{id}\""))
        };
        let of = |codes: &[&str]| causes(&subject(), &[golden(codes)]);
        let id = &of(&["E_X"])[0].id;
        let (status, stale) = applied(&with_cause(id), today, &["E_X"]);
        assert_eq!((status, stale), (Status::NotApplicable, vec![]));
        let (status, stale) = applied(&with_cause(id), today, &["E_X", "E_Y"]);
        assert_eq!(
            (status, stale.len()),
            (Status::Failed, 1),
            "another cause as well"
        );
        let (status, stale) = applied(&with_cause("0123456789abcdef"), today, &["E_X"]);
        assert_eq!(status, Status::Failed);
        assert!(
            stale[0].contains("of cause 0123456789abcdef for p"),
            "{stale:?}"
        );
        let mut sandbox = golden(&["E_X"]);
        sandbox.check = "sandbox.no-effects";
        let id = &causes(&subject(), std::slice::from_ref(&sandbox))[0].id;
        let expectations = Expectations::parse(&with_cause(id), today).expect("parses");
        let excusal = expectations.excuse(&subject(), vec![sandbox]);
        assert_eq!(excusal.results[0].status, Status::Failed, "never excused");
        for (text, said) in [
            (with_cause("short"), "16 hex digits"),
            (
                good().replace("code", "cause = \"0123456789abcdef\"\ncode"),
                "stands alone",
            ),
            (
                good().replace("check = \"plan.golden\"\n", ""),
                "unknown check",
            ),
        ] {
            let error = Expectations::parse(&text, today)
                .expect_err("bad")
                .to_string();
            assert!(error.contains(said), "{error}");
        }
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
