//! Digital workers: packs of another form, with a `manifest.json` that names an agent,
//! a `metadata.json`, and indices of knowledge. They have no version, SBOM or signature.

use super::model::{Format, Manifest};
use crate::codes::CheckCode;
use crate::json;
use crate::pack::Pack;
use crate::text::inert;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// The manifest of a digital worker.
pub const MANIFEST: &str = "manifest.json";
/// What the tool that wrote the pack says of it.
pub const METADATA: &str = "metadata.json";
/// The indices of knowledge. A worker need not have any.
pub const KNOWLEDGE: [&str; 2] = ["knowledge_base.json", "knowledge_corpus.json"];
/// Where the files of knowledge lie.
const ASSETS: &str = "assets/knowledge/";
/// The kind that `metadata.json` states.
const KIND: &str = "DwApplication";

/// Whether `file` with this content is the manifest of a digital worker: it names the
/// worker, or lies beside the metadata of one. `has` says which other files there are;
/// where there is a manifest of another form, that one counts.
pub(super) fn is_manifest(file: &str, value: &Value, has: impl Fn(&str) -> bool) -> bool {
    file == MANIFEST
        && !has("manifest.cbor")
        && (has(METADATA) || value.get("manifest_id").is_some())
}

/// The manifest, as far as other packs have the same: the worker's id.
pub(super) fn from_map(value: &Value) -> Manifest {
    let id = value.get("manifest_id").and_then(Value::as_str);
    Manifest {
        format: Format::DigitalWorker,
        id: id.map(str::to_owned),
        ..Manifest::default()
    }
}

/// A broken rule of the form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Defect {
    /// What kind of rule.
    pub code: CheckCode,
    /// The file, and the field.
    pub at: String,
    /// What the rule demands.
    pub expected: String,
    /// What is there.
    pub actual: String,
}

/// The rules of the form that the files of `pack` break. JSON may nest at most `depth`
/// levels.
#[must_use]
pub fn defects(pack: &Pack, depth: usize) -> Vec<Defect> {
    let mut found = Vec::new();
    match object(pack, MANIFEST, depth) {
        Ok(manifest) => of_manifest(&manifest, &mut found),
        Err(actual) => found.push(not_an_object(CheckCode::WorkerManifest, MANIFEST, actual)),
    }
    match object(pack, METADATA, depth) {
        Ok(metadata) => of_metadata(&metadata, &mut found),
        Err(actual) => found.push(not_an_object(CheckCode::WorkerMetadata, METADATA, actual)),
    }
    for file in KNOWLEDGE.into_iter().filter(|file| pack.has(file)) {
        of_knowledge(pack, file, depth, &mut found);
    }
    found
}

/// What the files of `pack` say wrongly without harm, because nobody reads it.
#[must_use]
pub fn remarks(pack: &Pack, depth: usize) -> Vec<Defect> {
    let mut found = Vec::new();
    let metadata = object(pack, METADATA, depth).unwrap_or_default();
    let is_time = |v: &Value| {
        let text = v.as_str().unwrap_or_default();
        OffsetDateTime::parse(text, &Rfc3339).is_ok()
    };
    if let Some(created) = metadata.get("created_at").filter(|v| !is_time(v)) {
        found.push(Defect {
            code: CheckCode::WorkerMetadata,
            at: format!("{METADATA}, `created_at`"),
            expected: "a time by RFC 3339".into(),
            actual: describe(Some(created)),
        });
    }
    let indices = KNOWLEDGE.map(|file| object(pack, file, depth).unwrap_or_default());
    let indexed: BTreeSet<&str> = indices.iter().flat_map(assets).collect();
    let of_knowledge = |name: &&str| name.starts_with(ASSETS) && !indexed.contains(name);
    let unread = pack.files().filter(of_knowledge).take(50);
    found.extend(unread.map(|name| Defect {
        code: CheckCode::WorkerKnowledge,
        at: inert(name, 200),
        expected: "an index of knowledge that names the file".into(),
        actual: "none does, so that nobody reads it".into(),
    }));
    found
}

/// The files that an index of knowledge names.
fn assets(index: &Map<String, Value>) -> Vec<&str> {
    let rows = index.get("files").and_then(Value::as_array);
    let fields = ["asset_path", "vectors_asset_path"];
    let named = rows.into_iter().flatten();
    let named = named.flat_map(|row| fields.map(|field| row.get(field)));
    named.flatten().filter_map(Value::as_str).collect()
}

/// The JSON object in `file`, or what is there instead.
fn object(pack: &Pack, file: &str, depth: usize) -> Result<Map<String, Value>, String> {
    let bytes = pack.read(file).ok_or("no such file")?;
    match json::parse(&bytes, depth) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(other) => Err(kind(&other).into()),
        Err(error) => Err(inert(&error.to_string(), 200)),
    }
}

fn not_an_object(code: CheckCode, file: &str, actual: String) -> Defect {
    Defect {
        code,
        at: file.into(),
        expected: "a JSON object".into(),
        actual,
    }
}

fn of_manifest(manifest: &Map<String, Value>, found: &mut Vec<Defect>) {
    let mut wrong = |field: &str, expected: &str| {
        found.push(Defect {
            code: CheckCode::WorkerManifest,
            at: format!("{MANIFEST}, `{field}`"),
            expected: expected.into(),
            actual: describe(manifest.get(field)),
        });
    };
    let field = |name: &str| manifest.get(name).filter(|value| !value.is_null());
    if !manifest.get("manifest_id").is_some_and(is_text) {
        wrong("manifest_id", "a text that is not empty");
    }
    if !manifest.get("manifest").is_some_and(Value::is_object) {
        wrong("manifest", "an object");
    }
    for name in ["display_name", "locale", "tenant"] {
        if field(name).is_some_and(|value| !value.is_string()) {
            wrong(name, "a text, or nothing");
        }
    }
    if field("provider_overrides").is_some_and(|value| !value.is_object()) {
        wrong("provider_overrides", "an object, or nothing");
    }
}

fn of_metadata(metadata: &Map<String, Value>, found: &mut Vec<Defect>) {
    let mut wrong = |code, field: &str, expected: String| {
        found.push(Defect {
            code,
            at: format!("{METADATA}, `{field}`"),
            expected,
            actual: describe(metadata.get(field)),
        });
    };
    if !metadata.get("pack_id").is_some_and(is_text) {
        let expected = "a text that is not empty".into();
        wrong(CheckCode::WorkerMetadata, "pack_id", expected);
    }
    // The files of the pack decide what it is; the metadata may only agree.
    let stated = metadata.get("kind").filter(|kind| !kind.is_null());
    if stated.is_some_and(|kind| kind != KIND) {
        let expected = format!("`{KIND}`, or nothing");
        wrong(CheckCode::WorkerKind, "kind", expected);
    }
}

fn of_knowledge(pack: &Pack, file: &str, depth: usize, found: &mut Vec<Defect>) {
    let code = CheckCode::WorkerKnowledge;
    let index = match object(pack, file, depth) {
        Ok(index) => index,
        Err(actual) => return found.push(not_an_object(code, file, actual)),
    };
    if !index.get("files").is_some_and(Value::is_array) {
        return found.push(Defect {
            code,
            at: format!("{file}, `files`"),
            expected: "a list".into(),
            actual: describe(index.get("files")),
        });
    }
    let missing = assets(&index).into_iter().filter(|name| !pack.has(name));
    let missing = missing.take(50);
    found.extend(missing.map(|name| Defect {
        code,
        at: format!("{file}, `files`"),
        expected: format!("the file {} in the pack", inert(name, 200)),
        actual: "it is not there".into(),
    }));
}

fn is_text(value: &Value) -> bool {
    value.as_str().is_some_and(|text| !text.trim().is_empty())
}

fn describe(value: Option<&Value>) -> String {
    match value {
        None => "nothing".into(),
        Some(Value::String(text)) => format!("`{}`", inert(text, 120)),
        Some(other) => kind(other).into(),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}
