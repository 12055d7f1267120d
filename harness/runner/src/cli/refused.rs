//! Describes a pack that cannot be opened, for `pack inspect`.

use super::open::refusal;
use super::output::{print_bounded, print_json};
use crate::exit::{Error, Exit, exit_of};
use provision_core::OpenError;
use provision_core::archive::Violation;
use provision_core::pack::digest;
use provision_core::text::{counted, inert, noun};
use provision_oracle::zip_readers::{Extracted, READERS, Reading, readings};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;

/// How many violations, and how many files of each reader, are shown. An archive can
/// have any number of both.
const SHOWN: usize = 50;

/// Shows the violations and, for an archive, what other ZIP readers would extract: a
/// file that only some readers see is a smuggled one.
pub(super) fn refused(
    pack: &Path,
    as_json: bool,
    error: &OpenError,
    bytes: Option<&Vec<u8>>,
) -> Result<Exit, Error> {
    let message = error.to_string();
    refusal(pack, error);
    let (violations, count, readings): (Vec<&Violation>, _, _) = match error {
        OpenError::Archive(archive) => (
            archive.violations().take(SHOWN).collect(),
            1 + archive.rest.len() + archive.unlisted,
            bytes.map(|b| readings(b, &READERS)).unwrap_or_default(),
        ),
        _ => (Vec::new(), 0, Vec::new()),
    };
    if as_json {
        let names = Names::of(&readings);
        let readers = readings.iter().map(|r| reading_json(r, &names));
        print_json(&json!({
            "error": { "code": error.code(), "message": message },
            "digest": bytes.map(|b| digest(b)),
            "violation_count": count,
            "violations": violations.iter().map(|v| json!({
                "code": v.rule.code(), "offset": v.offset, "entry": v.entry, "detail": v.detail,
            })).collect::<Vec<_>>(),
            "readers": readers.collect::<Vec<_>>(),
        }))?;
    } else {
        print_bounded(&text(bytes, &violations, count, &readings))?;
    }
    Ok(exit_of(error))
}

fn reading_json(reading: &Reading, names: &Names<'_>) -> Value {
    match &reading.files {
        Ok(files) => {
            let listed = Listed::of(files, names);
            let shown: Vec<&Extracted> = listed.shown.iter().map(|(file, _)| *file).collect();
            json!({
                "reader": reading.reader, "files": shown,
                "file_count": files.len(), "different_count": listed.different,
            })
        }
        Err(why) => json!({ "reader": reading.reader, "error": inert(why, 400) }),
    }
}

fn text(
    bytes: Option<&Vec<u8>>,
    violations: &[&Violation],
    count: usize,
    readings: &[Reading],
) -> String {
    let mut out = String::new();
    if let Some(bytes) = bytes {
        let _ = writeln!(out, "sha256    {}", digest(bytes));
    }
    for violation in violations {
        let _ = writeln!(out, "violation {violation}");
    }
    if count > violations.len() {
        let _ = writeln!(out, "violation … and {} more", count - violations.len());
    }
    let names = Names::of(readings);
    for Reading { reader, files } in readings {
        match files {
            Err(why) => {
                let _ = writeln!(out, "{reader:<10} extracts nothing: {}", inert(why, 200));
            }
            Ok(files) => {
                let listed = Listed::of(files, &names);
                let _ = writeln!(
                    out,
                    "{reader:<10} extracts {}",
                    counted(files.len(), "file", "files")
                );
                for (file, mark) in &listed.shown {
                    let (name, mark) = (inert(&file.name, 200), mark.text());
                    let _ = writeln!(out, "  {:>9}  {name}{mark}", file.size);
                }
                if let Some(more) = files
                    .len()
                    .checked_sub(listed.shown.len())
                    .filter(|m| *m > 0)
                {
                    let different = listed.different;
                    let _ = writeln!(
                        out,
                        "  … and {more} more; {} of all {} not what every reader sees",
                        counted(different, "file", "files"),
                        noun(different, "is", "are")
                    );
                }
            }
        }
    }
    out
}

/// How a file of one reader compares with the other files.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mark {
    Alike,
    Replaced,
    Different,
}

impl Mark {
    fn text(self) -> &'static str {
        match self {
            Self::Alike => "",
            Self::Replaced => "   <- replaced by a later one",
            Self::Different => "   <- not what every reader sees",
        }
    }
}

/// The files of each reader that extracts any, by name: how many have the name, and
/// the last of them.
///
/// NB: an archive may hold every name any number of times, so no file is compared
/// with all others.
struct Names<'r>(Vec<HashMap<&'r str, (usize, &'r Extracted)>>);

impl<'r> Names<'r> {
    fn of(readings: &'r [Reading]) -> Self {
        let extracting = readings.iter().filter_map(|r| r.files.as_ref().ok());
        let names = extracting.map(|files| {
            let mut names = HashMap::new();
            for file in files {
                let known = names.entry(file.name.as_str()).or_insert((0, file));
                *known = (known.0 + 1, file);
            }
            names
        });
        Self(names.collect())
    }

    /// Whether every reader that extracts files sees exactly this file under its
    /// name, and sees that name once.
    fn alike(&self, file: &Extracted) -> bool {
        let mut names = self.0.iter();
        names.all(|names| names.get(file.name.as_str()) == Some(&(1, file)))
    }
}

/// The files of one reader that are shown.
struct Listed<'r> {
    /// All files if they are few; else the first ones that differ.
    shown: Vec<(&'r Extracted, Mark)>,
    /// How many files differ.
    different: usize,
}

impl<'r> Listed<'r> {
    fn of(files: &'r [Extracted], names: &Names<'_>) -> Self {
        let last: HashMap<&str, usize> = files
            .iter()
            .enumerate()
            .map(|(i, f)| (f.name.as_str(), i))
            .collect();
        let mark = |(i, file): (usize, &'r Extracted)| {
            let mark = if last.get(file.name.as_str()) != Some(&i) {
                Mark::Replaced
            } else if names.alike(file) {
                Mark::Alike
            } else {
                Mark::Different
            };
            (file, mark)
        };
        let mut shown: Vec<(&Extracted, Mark)> = files.iter().enumerate().map(mark).collect();
        let different = shown
            .iter()
            .filter(|(_, mark)| *mark != Mark::Alike)
            .count();
        if shown.len() > SHOWN {
            shown.retain(|(_, mark)| *mark != Mark::Alike);
            shown.truncate(SHOWN);
        }
        Self { shown, different }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reading(reader: &'static str, names: impl Iterator<Item = usize>) -> Reading {
        let file = |i: usize| Extracted {
            name: format!("f{}", i % 60_000),
            size: i as u64,
            blake3: String::new(),
        };
        Reading {
            reader,
            files: Ok(names.map(file).collect()),
        }
    }

    #[test]
    fn many_files_are_shown_as_their_first_differences_and_a_count() {
        let few = [reading("a", 0..3), reading("b", 1..3)];
        let text = |readings: &[Reading]| super::text(None, &[], 0, readings);
        assert_eq!(
            text(&few),
            "a          extracts 3 files\n          0  f0   <- not what every reader sees\n          1  f1\n          2  f2\n\
             b          extracts 2 files\n          1  f1\n          2  f2\n"
        );
        // One name twice, another one that only this reader sees.
        let many = [reading("a", 0..60_001), reading("b", 0..59_999)];
        let text = text(&many);
        assert_eq!(text.lines().count(), 8, "{text}");
        assert!(text.contains("          0  f0   <- replaced by a later one\n"));
        assert!(text.contains("      60000  f0   <- not what every reader sees\n"));
        assert!(text.contains("  … and 59998 more; 3 files of all are"));
        let apart = [reading("a", 0..100), reading("b", 100..200)];
        let names = Names::of(&apart);
        let json = reading_json(&apart[0], &names);
        assert_eq!(json["files"].as_array().map(Vec::len), Some(SHOWN));
        assert_eq!(
            (&json["file_count"], &json["different_count"]),
            (&json!(100), &json!(100))
        );
    }
}
