//! Reads JSON reports, bounded, and no more of each than a history shows.

use crate::exit::{Error, show};
use crate::parallel::par_map;
use crate::read_file::{self, FileKind};
use provision_core::Verdict;
use provision_core::text::inert;
use provision_oracle::Level;
use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Reports of one history, at most.
const NIGHTS: usize = 4_000;
/// Packs of one report, at most.
const PACKS: usize = 100_000;
/// Folders below the one that is searched, at most.
const DEPTH: usize = 4;

/// A JSON report of a run.
const REPORT: FileKind = FileKind::new(
    "a JSON report",
    256 * 1024 * 1024,
    "give the report of a run over fewer packs",
);

/// What a history takes from a JSON report.
#[derive(Debug, Clone, Deserialize)]
pub struct Report {
    pub(super) tool: Tool,
    /// Profile of the run.
    pub(super) profile: String,
    pub(super) shard: Option<IgnoredAny>,
    #[serde(default)]
    pub(super) judged: Option<String>,
    /// Whether the run ended by itself.
    #[serde(default)]
    pub(super) finished: bool,
    pub(super) packs: Vec<Pack>,
}

/// The harness that wrote a report.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Tool {
    pub(super) name: String,
    pub(super) version: String,
}

/// One pack of a report.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Pack {
    pub(super) pack: String,
    pub(super) version: Option<String>,
    pub(super) digest: Option<String>,
    pub(super) verdict: Verdict,
    /// Checks that expectations excuse.
    #[serde(default, rename = "checks", deserialize_with = "excused")]
    pub(super) excused: usize,
    #[serde(default)]
    pub(super) causes: Vec<Cause>,
    #[serde(default)]
    pub(super) wizards: Vec<Wizard>,
}

/// The status of a check, as far as a history needs it.
#[derive(Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
enum Judged {
    Excused,
    #[serde(other)]
    Otherwise,
}

#[derive(Deserialize)]
struct Check {
    status: Judged,
}

fn excused<'de, D: Deserializer<'de>>(checks: D) -> Result<usize, D::Error> {
    let checks = Vec::<Check>::deserialize(checks)?;
    let excused = checks.iter().filter(|c| c.status == Judged::Excused);
    Ok(excused.count())
}

/// Whether a cause follows from another one.
fn follows<'de, D: Deserializer<'de>>(cause: D) -> Result<bool, D::Error> {
    Option::<IgnoredAny>::deserialize(cause).map(|cause| cause.is_some())
}

/// One cause of failures.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Cause {
    pub(super) level: Level,
    pub(super) code: String,
    pub(super) what: String,
    #[serde(default, deserialize_with = "follows")]
    pub(super) blocked_by: bool,
}

/// One wizard and its steps.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Wizard {
    pub(super) wizard: String,
    #[serde(default)]
    pub(super) steps: Vec<Step>,
}

/// One step and what it consumed.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct Step {
    pub(super) step: String,
    pub(super) node: Option<String>,
    pub(super) function: String,
    pub(super) fuel: u64,
    pub(super) memory_bytes: u64,
}

impl Pack {
    /// The steps of all wizards, each with a name of its own.
    pub(super) fn steps(&self) -> Vec<(String, &Step)> {
        let mut seen: BTreeMap<String, usize> = BTreeMap::new();
        let mut found = Vec::new();
        for wizard in &self.wizards {
            for step in &wizard.steps {
                let node = step.node.iter().map(|node| format!(" {node}"));
                let node: String = node.collect();
                let (wizard, of) = (&wizard.wizard, &step.step);
                let name = inert(&format!("{wizard}: {of}{node}, {}", step.function), 160);
                let nth = seen.entry(name.clone()).or_default();
                *nth += 1;
                let name = match *nth {
                    1 => name,
                    nth => format!("{name} ({nth})"),
                };
                found.push((name, step));
            }
        }
        found
    }

    /// The causes that follow from no other, by code and text.
    pub(super) fn own_causes(&self) -> BTreeMap<(String, String), Level> {
        let own = self.causes.iter().filter(|cause| !cause.blocked_by);
        let mut found = BTreeMap::new();
        for cause in own {
            let key = (inert(&cause.code, 80), inert(&cause.what, 300));
            let level = found.entry(key).or_insert(cause.level);
            *level = cause.level.min(*level);
        }
        found
    }
}

/// The reports of a folder, and the other JSON files in it.
#[derive(Debug, Default)]
pub struct Found {
    /// Each report with the name of its night, sorted.
    pub nights: Vec<(String, Report)>,
    /// The files that were read.
    pub paths: Vec<PathBuf>,
    /// Files that are no reports of whole runs over packs, each with the reason.
    pub skipped: Vec<String>,
}

/// All JSON reports below `folder`.
///
/// # Errors
/// [`Error::Usage`] if there is no such folder or there are too many files, [`Error::Io`]
/// for a folder that cannot be read, and [`Error::File`] for a file.
pub fn find(folder: &Path) -> Result<Found, Error> {
    if !folder.is_dir() {
        let message = format!("{} is no folder; name one with JSON reports", show(folder));
        return Err(Error::Usage(message));
    }
    let mut paths = Vec::new();
    let walk = WalkDir::new(folder).max_depth(DEPTH).sort_by_file_name();
    for entry in walk {
        let entry = entry.map_err(|e| crate::discover::unread(folder, e))?;
        let is_json = entry.path().extension().is_some_and(|e| e == "json");
        if entry.file_type().is_file() && is_json {
            paths.push(entry.into_path());
        }
        if paths.len() > NIGHTS {
            let message = format!(
                "{}: more than {NIGHTS} JSON files; move the older ones elsewhere",
                show(folder)
            );
            return Err(Error::Usage(message));
        }
    }
    let mut found = Found::default();
    for (path, read) in paths.iter().zip(par_map(&paths, &|path| read_one(path))) {
        let name = name_of(folder, path);
        match read {
            Ok(report) => found.nights.push((name, report)),
            Err(Error::Usage(why)) => found.skipped.push(why),
            Err(error) => return Err(error),
        }
    }
    found.nights.sort_by(|a, b| a.0.cmp(&b.0));
    found.paths = paths;
    Ok(found)
}

/// The name of a night: the path below the folder without `.json`, and without a last part
/// that says nothing.
fn name_of(folder: &Path, path: &Path) -> String {
    let below = path.strip_prefix(folder).unwrap_or(path).with_extension("");
    let parent = below.parent().filter(|p| !p.as_os_str().is_empty());
    let says_nothing = below.file_name().is_some_and(|name| name == "report");
    let named: PathBuf = match parent {
        Some(parent) if says_nothing => parent.to_owned(),
        _ => below.clone(),
    };
    let slashed = named
        .to_string_lossy()
        .replace(std::path::MAIN_SEPARATOR, "/");
    inert(&slashed, 100)
}

/// The JSON report at `path`.
///
/// # Errors
/// [`Error::File`] if it cannot be read within its bound, and [`Error::Usage`] if it is no
/// report of a whole run over packs.
pub fn read_one(path: &Path) -> Result<Report, Error> {
    let bytes = read_file::read(path, REPORT)?;
    let refuse = |why: String| Error::Usage(format!("{}: {why}", show(path)));
    let report: Report = serde_json::from_slice(&bytes).map_err(|e| {
        let e = inert(&e.to_string(), 300);
        refuse(format!("not a JSON report that `--report` wrote: {e}; name one, or write it with `conformance --report`"))
    })?;
    let Report {
        tool,
        shard,
        judged,
        packs,
        profile: _,
        finished: _,
    } = &report;
    if tool.name != "greentic-provision" {
        return Err(refuse(
            "a report of another tool; name one that `conformance --report` wrote".into(),
        ));
    }
    if shard.is_some() {
        let why = "the report of one shard; `report merge` makes one report of all";
        return Err(refuse(why.into()));
    }
    if judged.as_deref().is_some_and(|judged| judged != "packs") {
        return Err(refuse(
            "a report of recordings, not of packs; name one that `conformance --report` wrote"
                .into(),
        ));
    }
    if packs.len() > PACKS {
        return Err(refuse(format!("more than {PACKS} packs")));
    }
    Ok(report)
}
