//! Expected failures: each names one check and code, or one cause, a place, a number of
//! findings, a pack and an end.
//!
//! A failed check is excused if expectations excuse each of its findings. An expectation
//! that is no longer true makes the run stale: one that matches no pack, whose check no
//! longer fails, of which the pack has more findings than it excuses, or that has expired.

mod entry;
mod error;

use crate::excusal::{Excusal, Fate, Fates};
use crate::exit::Error;
use crate::read_file;
pub use entry::Entry;
pub(crate) use entry::excusable;
pub(crate) use error::LONGEST;
pub use error::{EntryError, ExpectationsError};
use provision_core::Status;
use provision_core::text::counted;
use provision_oracle::{Cause, CheckResult, Subject, causes, causes_of_recording};
use semver::Version;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use time::Date;

/// The owner and the issue of an entry that `init` wrote and nobody has completed.
pub const UNFILLED: &str = "FILL-IN";

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
    /// What each pack shows, by label, if it is one that an entry is about.
    fates: Mutex<BTreeMap<String, Fates>>,
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
        Ok(Self {
            entries,
            today,
            fates: Mutex::default(),
        })
    }

    /// `results` of `subject` with the expected failures excused.
    #[must_use]
    pub fn excuse(&self, subject: &Subject, results: Vec<CheckResult>) -> Excusal {
        let manifest = subject.opened.as_ref().ok().map(|o| o.pack.manifest());
        let id = manifest.and_then(|m| m.id.as_deref());
        let version = manifest.and_then(|m| Version::parse(m.version.as_deref()?).ok());
        let about = |e: &Entry| {
            let version = version.as_ref().is_some_and(|v| e.version.matches(v));
            id == Some(e.pack.as_str()) && version
        };
        self.excuse_by(about, |results| causes(subject, results), results)
    }

    /// `results` of the recording `label` with the expected failures excused. A recording
    /// has no version, so an entry is about it whatever version it names.
    #[must_use]
    pub fn excuse_recording(&self, label: &str, results: Vec<CheckResult>) -> Excusal {
        let about = |e: &Entry| e.pack == label;
        self.excuse_by(about, |results| causes_of_recording(results), results)
    }

    /// Excuses by the entries that are `about` what has the `results`.
    fn excuse_by(
        &self,
        about: impl Fn(&Entry) -> bool,
        causes: impl Fn(&[CheckResult]) -> Vec<Cause>,
        mut results: Vec<CheckResult>,
    ) -> Excusal {
        let mut fates = vec![Fate::default(); self.entries.len()];
        if self.entries.iter().any(|(entry, _)| about(entry)) {
            // The causes before anything is excused.
            let causes = causes(&results);
            let entries = self.entries.iter().zip(&mut fates);
            // The entry that excuses each finding.
            let mut excused = BTreeMap::new();
            for ((entry, expires), fate) in entries.filter(|((entry, _), _)| about(entry)) {
                fate.met = true;
                let met = entry.met(&results, &causes);
                let is_valid = *expires >= self.today && !self.is_early(entry);
                if !is_valid || met.count == 0 {
                    continue;
                }
                if met.count > entry.most() {
                    fate.beyond = met.count;
                    continue;
                }
                fate.used = true;
                excused.extend(met.places.into_iter().map(|place| (place, entry)));
            }
            mark(&mut results, &excused);
        }
        let fates = Fates(fates);
        Excusal { results, fates }
    }

    /// Whether the entry begins later than today. A day is allowed for other time zones.
    fn is_early(&self, entry: &Entry) -> bool {
        entry
            .begins()
            .is_some_and(|begins| (begins - self.today).whole_days() > 1)
    }

    /// Records what the pack `label` shows about the expectations, instead of what it
    /// showed before.
    pub fn record(&self, label: &str, fates: &Fates) {
        let mut known = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        if fates.0.iter().any(|fate| fate.met) {
            known.insert(label.to_owned(), fates.clone());
        } else {
            known.remove(label);
        }
    }

    /// Forgets what the pack `label` showed, which is no longer there.
    pub fn forget(&self, label: &str) {
        let mut known = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(label);
    }

    /// What all packs show about each expectation.
    fn fates(&self) -> Fates {
        let mut all = Fates(vec![Fate::default(); self.entries.len()]);
        let known = self.fates.lock().unwrap_or_else(PoisonError::into_inner);
        known.values().for_each(|fates| all.add(fates));
        all
    }

    /// The stale expectations, one line each. If the run is not `complete`, an
    /// expectation that matches no pack is not stale.
    #[must_use]
    pub fn stale(&self, complete: bool) -> Vec<String> {
        let fates = self.fates();
        let why = |entry: &Entry, expires: Date, fate: &Fate| match fate {
            _ if expires < self.today => Some("it has expired".to_owned()),
            _ if self.is_early(entry) => Some(format!(
                "it was added on {}, which is in the future; correct the date",
                entry.added
            )),
            Fate { beyond: 1.., .. } => Some(format!(
                "the pack has {} such findings, and `count` excuses {}; mend what is new",
                fate.beyond,
                entry.most()
            )),
            Fate {
                met: true,
                used: false,
                ..
            } => Some("the pack no longer fails in this way".to_owned()),
            Fate { met: false, .. } if complete => Some("no selected pack matches".to_owned()),
            _ => None,
        };
        let entries = self.entries.iter().zip(&fates.0);
        entries
            .filter_map(|((entry, expires), fate)| {
                Some(format!("{}: {}", entry.name(), why(entry, *expires, fate)?))
            })
            .collect()
    }

    /// The number of entries that have no owner yet.
    #[must_use]
    pub fn unowned(&self) -> usize {
        let owners = self.entries.iter().map(|(entry, _)| entry.owner.trim());
        owners.filter(|owner| *owner == UNFILLED).count()
    }

    /// Entries that end within `WARNING` days, one line each, the next to end first.
    #[must_use]
    pub fn ending(&self) -> Vec<String> {
        let left = |expires: Date| (expires - self.today).whole_days();
        let soon = self.entries.iter().map(|(entry, e)| (left(*e), entry));
        let mut soon: Vec<(i64, &Entry)> =
            soon.filter(|(d, _)| (0..=WARNING).contains(d)).collect();
        soon.sort_by_key(|(days, _)| *days);
        soon.into_iter()
            .map(|(days, entry)| format!("{}: {} left", entry.name(), counted(days, "day", "days")))
            .collect()
    }
}

/// Marks the failed `results` of which each finding is `excused`, and says why.
fn mark(results: &mut [CheckResult], excused: &BTreeMap<(usize, usize), &Entry>) {
    for (i, result) in results.iter_mut().enumerate() {
        let by = (0..result.findings.len()).map(|j| excused.get(&(i, j)).copied());
        let Some(by) = by.collect::<Option<Vec<&Entry>>>() else {
            continue;
        };
        if result.status == Status::Failed && !by.is_empty() {
            let texts: BTreeSet<String> = by.iter().map(|entry| entry.excuse_text()).collect();
            let texts: Vec<String> = texts.into_iter().collect();
            result.status = Status::Excused;
            result.reason = Some(texts.join("; "));
        }
    }
}

#[cfg(test)]
mod tests;
