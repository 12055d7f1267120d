//! Scenarios: conversations that a pack records as steps, each with a transcript.
//!
//! A manifest lists scenarios with the files of their steps (the *entry*) and of their
//! transcript (the *golden*). Nothing runs: a transcript follows from the steps by one
//! rule, see [`render`].

mod entry;
mod golden;
pub mod render;
mod shape;

pub use entry::{ACTORS, Dialect, Entry, KINDS, Step};
pub use golden::Golden;

use crate::codes::{CheckCode, ScenarioCode};
use crate::finding::Finding;
use crate::json;
use crate::limits::{ALL_SCENARIOS_BYTES, Limits, SCENARIO_BYTES, SCENARIOS};
use crate::manifest::within;
use crate::pack::Pack;
use crate::text::inert;
use serde_json::{Map, Value};
use shape::{kind_of, shape};

/// The scenarios of a pack.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenarios {
    /// The pack's id; empty if it has none.
    pub pack_id: String,
    /// The scenarios in the order of the manifest.
    pub list: Vec<Scenario>,
    /// What is wrong with the list itself.
    pub faults: Vec<Finding>,
}

/// One scenario that a manifest lists.
#[derive(Debug, Clone, PartialEq)]
pub struct Scenario {
    /// Its place in the manifest, a JSON pointer.
    pub at: String,
    /// Its id in the manifest.
    pub id: Result<String, Finding>,
    /// Its steps.
    pub entry: Result<Part<Entry>, Finding>,
    /// Its transcript.
    pub golden: Result<Part<Golden>, Finding>,
}

/// A file of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Part<T> {
    /// Its name in the pack.
    pub file: String,
    /// What it holds.
    pub content: T,
}

impl Scenario {
    /// Its name for readers: the id, else the place in the manifest.
    #[must_use]
    pub fn name(&self) -> String {
        inert(self.id.as_ref().unwrap_or(&self.at), 120)
    }
}

/// The scenarios of `pack`; `None` if its manifest has no member `scenarios`.
#[must_use]
pub fn read(pack: &Pack, limits: &Limits) -> Option<Scenarios> {
    let manifest = pack.manifest();
    let listed = manifest.scenarios.as_ref()?;
    let mut read = Scenarios {
        pack_id: manifest.id.clone().unwrap_or_default(),
        list: Vec::new(),
        faults: Vec::new(),
    };
    let Value::Array(rows) = listed else {
        let at = format!("{}, /scenarios", pack.manifest_file());
        let fault = shape(at, "a list of scenarios", kind_of(listed));
        read.faults.push(fault);
        return Some(read);
    };
    if rows.len() > SCENARIOS {
        let at = format!("{}, /scenarios", pack.manifest_file());
        let expected = format!("at most {SCENARIOS} scenarios");
        let actual = format!("{} scenarios", rows.len());
        let fault = Finding::new(ScenarioCode::Bound, at, expected, actual);
        read.faults.push(fault);
    }
    let mut files = Files {
        pack,
        left: ALL_SCENARIOS_BYTES,
        depth: limits.depth,
    };
    let rows = rows.iter().take(SCENARIOS).enumerate();
    read.list = rows.map(|(i, row)| scenario(&mut files, i, row)).collect();
    Some(read)
}

fn scenario(files: &mut Files<'_>, index: usize, row: &Value) -> Scenario {
    let at = format!("/scenarios/{index}");
    let place = format!("{}, {at}", files.pack.manifest_file());
    let member = |key: &str| match row.get(key) {
        Some(Value::String(text)) => Ok(text.clone()),
        other => Err(shape(
            format!("{place}/{key}"),
            "a text",
            other.map_or_else(|| "nothing".to_owned(), kind_of),
        )),
    };
    Scenario {
        id: member("id"),
        entry: member("entry").and_then(|path| {
            let (file, map) = files.object(&format!("{place}/entry"), &path)?;
            let content = Entry::of(&file, &map)?;
            Ok(Part { file, content })
        }),
        golden: member("golden").and_then(|path| {
            let (file, map) = files.object(&format!("{place}/golden"), &path)?;
            let content = Golden::of(&file, &map)?;
            Ok(Part { file, content })
        }),
        at,
    }
}

/// Reads the files of scenarios, within a bound on all of them together.
struct Files<'p> {
    pack: &'p Pack,
    left: usize,
    depth: usize,
}

impl Files<'_> {
    /// The object in the file that the manifest calls `path` at `at`, and the file's name.
    fn object(&mut self, at: &str, path: &str) -> Result<(String, Map<String, Value>), Finding> {
        let file = within(path).map_err(|outside| {
            let actual = format!("`{}`: {}", inert(path, 200), outside.words());
            Finding::new(CheckCode::PathLeaves, at, INSIDE, actual)
        })?;
        // NB: the size comes first, because an archive inflates what is read.
        let Some(size) = self.pack.size(&file) else {
            let expected = format!("the file {} in the pack", inert(&file, 200));
            let missing = Finding::new(CheckCode::FileMissing, at, expected, "it is not there");
            return Err(missing.about(file.as_str()));
        };
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > SCENARIO_BYTES.min(self.left) {
            let expected = format!(
                "at most {SCENARIO_BYTES} bytes, and {ALL_SCENARIOS_BYTES} of all scenarios"
            );
            let actual = format!("{size} bytes");
            let bound = Finding::new(ScenarioCode::Bound, inert(&file, 200), expected, actual);
            return Err(bound.about(file.as_str()));
        }
        self.left -= size;
        let bytes = self.pack.read(&file).unwrap_or_default();
        match json::parse(&bytes, self.depth) {
            Ok(Value::Object(map)) => Ok((file, map)),
            Ok(other) => {
                let found = shape(inert(&file, 200), "an object", kind_of(&other));
                Err(found.about(file.as_str()))
            }
            Err(error) => {
                let actual = inert(&error.to_string(), 200);
                let place = inert(&file, 200);
                let found = Finding::new(ScenarioCode::Json, place, "strict JSON", actual);
                Err(found.about(file.as_str()))
            }
        }
    }
}

/// What a path in a manifest has to be.
pub const INSIDE: &str = "a relative path inside the pack, with `/` and without `..`";
