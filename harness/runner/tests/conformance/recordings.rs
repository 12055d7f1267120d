//! The trials of `corpus/recordings`: each recording gets exactly the results that its
//! `expect.toml` demands.

use super::record::{Record, TrialResult};
use greentic_provision::discover::PackRef;
use greentic_provision::executors::Isolation;
use greentic_provision::recordings::{Aids, Executing, observe};
use greentic_provision::source::load;
use libtest_mimic::Trial;
use provision_core::{Limits, Pack, Status};
use provision_exec::Compilers;
use provision_oracle::recorded::{Canaries, PackFacts, judge, verdict};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What the results of a recording have to be.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// What the recording shows, in a sentence.
    #[expect(dead_code, reason = "for people who read the file")]
    summary: String,
    /// The verdict over the checks of all levels.
    verdict: String,
    /// The checks that fail, with exactly these codes.
    #[serde(default)]
    fails: BTreeMap<String, BTreeSet<String>>,
    /// The checks that are blocked.
    #[serde(default)]
    blocked: BTreeSet<String>,
    /// The checks that pass, at least.
    #[serde(default)]
    passes: BTreeSet<String>,
    /// Values that the recording must not show, by name.
    #[serde(default)]
    canaries: BTreeMap<String, String>,
    /// The pack of `--pack`, as a path from the root.
    pack: Option<String>,
    /// The pack of `--replay`, as a path from the root.
    replay: Option<String>,
}

/// A recording of the project.
pub(crate) struct Recorded {
    pub(crate) label: String,
    folder: PathBuf,
    root: PathBuf,
}

/// The recordings below `root`, sorted by label. Each is a folder with an `expect.toml` and
/// a file `recording.json` or `recording.jsonl`.
pub(crate) fn recordings(root: &Path) -> Vec<Recorded> {
    let mut found = Vec::new();
    for kind in ["conforming", "nonconforming"] {
        let folder = root.join("corpus/recordings").join(kind);
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
        found.extend(entries.map(|entry| Recorded {
            label: format!("recordings/{kind}/{}", entry.file_name().to_string_lossy()),
            folder: entry.path(),
            root: root.to_owned(),
        }));
    }
    found.sort_by(|a, b| a.label.cmp(&b.label));
    found
}

/// The codes with which `recording` has to fail `check`, if it has to.
pub(crate) fn fails(recording: &Recorded, check: &str) -> Option<Vec<String>> {
    let codes = recording.expected().ok()?.fails.remove(check)?;
    Some(codes.into_iter().collect())
}

/// Whether `recording` has to pass `check`.
pub(crate) fn passes(recording: &Recorded, check: &str) -> bool {
    let expected = recording.expected();
    recording.label.contains("/conforming/") && expected.is_ok_and(|e| e.passes.contains(check))
}

pub(crate) fn trials(root: &Path, record: &Arc<Record>) -> Vec<Trial> {
    let trial = |recording: Recorded| {
        let name = recording.label.clone();
        record.trial(name, move || recording.compare())
    };
    recordings(root).into_iter().map(trial).collect()
}

impl Recorded {
    fn expected(&self) -> Result<Expected, String> {
        let path = self.folder.join("expect.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| format!("expect.toml: {e}"))?;
        toml::from_str(&text).map_err(|e| format!("expect.toml: {e}"))
    }

    fn file(&self) -> Result<PathBuf, String> {
        let names = ["recording.json", "recording.jsonl"].map(|name| self.folder.join(name));
        let found = names.into_iter().find(|path| path.is_file());
        found.ok_or_else(|| "no file recording.json or recording.jsonl".into())
    }

    /// The packs that the recording is compared with.
    fn aids(&self, expected: &Expected) -> Result<Aids, String> {
        let limits = Limits::default();
        let open = |name: &String| {
            let path = self.root.join(name);
            let source = load(&path, &limits.archive).map_err(|e| format!("{name}: {e}"))?;
            Pack::open(source, &limits).map_err(|e| format!("{name}: {e}"))
        };
        let pack = expected.pack.as_ref().map(open).transpose()?;
        let replayed = expected.replay.as_ref().map(open).transpose()?;
        let facts = pack.as_ref().or(replayed.as_ref()).map(PackFacts::of);
        let executing = |pack: Pack| {
            let isolation = Isolation::InProcess;
            let executor = isolation.steps(&limits, Compilers::One, None, 1);
            Ok::<_, String>(Executing {
                pack,
                executor: executor.map_err(|e| e.to_string())?,
                limits: limits.clone(),
            })
        };
        let canaries = Canaries::new(&expected.canaries);
        let canaries = canaries.map_err(|short| format!("too short: {short:?}"))?;
        Ok(Aids {
            canaries: Arc::new(canaries),
            pack: facts,
            replay: replayed.map(executing).transpose()?,
        })
    }

    fn compare(&self) -> TrialResult {
        let expected = self.expected()?;
        let recording = PackRef::local(self.label.clone(), self.file()?);
        let observed = observe(&recording, &self.aids(&expected)?);
        let results = judge(&observed, |_| true);
        let mut wrong = Vec::new();
        for result in &results {
            let codes: BTreeSet<String> =
                result.findings.iter().map(|f| f.code.to_string()).collect();
            let due = expected.fails.get(result.check);
            let as_expected = match result.status {
                Status::Failed => due == Some(&codes),
                Status::Blocked => expected.blocked.contains(result.check),
                Status::Passed | Status::NotApplicable => {
                    let passes = expected.passes.contains(result.check);
                    let is_good = !passes || result.status == Status::Passed;
                    due.is_none() && !expected.blocked.contains(result.check) && is_good
                }
                Status::Excused | Status::Error => false,
            };
            if !as_expected {
                wrong.push(format!(
                    "{}: {:?} {codes:?} {:?} {:?}",
                    result.check, result.status, result.reason, result.findings
                ));
            }
        }
        let named = expected
            .fails
            .keys()
            .chain(&expected.blocked)
            .chain(&expected.passes);
        let judged = |id: &&String| results.iter().any(|r| r.check == *id);
        wrong.extend(
            named
                .filter(|id| !judged(id))
                .map(|id| format!("no check {id}")),
        );
        let verdict = verdict(&observed, &results);
        if verdict.name() != expected.verdict {
            wrong.push(format!("verdict {verdict}, not {}", expected.verdict));
        }
        if wrong.is_empty() {
            Ok(())
        } else {
            Err(wrong.join("\n"))
        }
    }
}
