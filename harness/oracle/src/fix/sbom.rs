//! The fix `sbom`: the rows of an SBOM become those of the files. It keeps the order of
//! the rows, and what else the document says.

use super::change::{Files, Hunk, Left, Outcome};
use super::document::{Document, Members, get, set};
use super::facts::Facts;
use crate::checks::integrity::is_exempt;
use ciborium::Value as Cbor;
use provision_core::cbor;
use provision_core::integrity::sbom::{self, Row};
use provision_core::text::inert;
use std::collections::{BTreeMap, BTreeSet};

pub(super) const SBOM: &str = "sbom";
const CHECK: &str = "integrity.sbom";
const FORMAT: &str = "greentic-sbom-v1";

/// Mends every SBOM of the pack, and adds one if there is none.
pub(super) fn mend(files: &Files, facts: &Facts) -> Outcome {
    mend_as(files, facts, Extent::All)
}

/// Follows changes of the files: an SBOM that decodes stays true.
pub(super) fn follow(files: &Files, facts: &Facts) -> Outcome {
    mend_as(files, facts, Extent::Decodable)
}

/// What is mended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Extent {
    /// Every SBOM, and the lack of one.
    All,
    /// SBOMs that decode.
    Decodable,
}

fn mend_as(files: &Files, facts: &Facts, extent: Extent) -> Outcome {
    let mut out = Outcome::default();
    let present: Vec<&str> = sbom::FILE_NAMES
        .into_iter()
        .filter(|name| files.contains_key(*name))
        .collect();
    if present.is_empty() {
        if extent == Extent::All && !facts.is_worker {
            let name = if files.contains_key("manifest.cbor") {
                "sbom.cbor"
            } else {
                "sbom.json"
            };
            write(&mut out, files, name, Document::empty(name), facts.depth);
        }
        return out;
    }
    if are_right(files, &present, facts.depth) {
        return out;
    }
    for name in present {
        let bytes = files.get(name).map_or(&[][..], AsRef::as_ref);
        let decodes = sbom::decode(name, bytes, facts.depth).is_ok();
        if extent == Extent::Decodable && !decodes {
            continue;
        }
        let document = Document::read(name, bytes, facts.depth);
        let other = document.as_ref().and_then(|d| format(d).map(str::to_owned));
        if let Some(other) = other.filter(|format| format != FORMAT) {
            let why = format!(
                "its format is `{}`, which `pack fix` does not convert: rename it, or remove it",
                inert(&other, 80)
            );
            out.left.push(Left::new(SBOM, CHECK, name, why));
            continue;
        }
        // What is no document, or no object, has nothing to keep.
        let document = document.filter(|document| document.tree.is_map());
        let document = document.unwrap_or_else(|| Document::empty(name));
        write(&mut out, files, name, document, facts.depth);
    }
    out
}

fn format(document: &Document) -> Option<&str> {
    get(document.tree.as_map()?, "format")?.as_text()
}

/// Whether the SBOMs pass as they are: each lists every file that it has to, once and as
/// it is, and all say the same.
fn are_right(files: &Files, present: &[&str], depth: usize) -> bool {
    let decode = |name: &&str| {
        let bytes = files.get(*name)?;
        Some(sbom::decode(name, bytes, depth).ok()?.rows)
    };
    let decoded: Option<Vec<Vec<Row>>> = present.iter().map(decode).collect();
    let Some(decoded) = decoded else { return false };
    let is_right = |rows: &Vec<Row>| {
        let paths: BTreeSet<&str> = rows.iter().map(|row| row.path.as_str()).collect();
        let is_file = |row: &Row| {
            files
                .get(&row.path)
                .is_some_and(|b| *row == row_of(&row.path, b))
        };
        let has_to = files.keys().filter(|name| !is_exempt(name));
        paths.len() == rows.len()
            && rows.iter().all(is_file)
            && has_to.into_iter().all(|name| paths.contains(name.as_str()))
    };
    let sets: BTreeSet<BTreeSet<&Row>> = decoded.iter().map(|rows| rows.iter().collect()).collect();
    decoded.iter().all(is_right) && sets.len() <= 1
}

fn row_of(path: &str, bytes: &[u8]) -> Row {
    Row {
        path: path.to_owned(),
        size: bytes.len() as u64,
        blake3: blake3::hash(bytes).to_hex().to_string(),
    }
}

/// Adds `document` with the rows of the files to `out`, if it is new.
fn write(out: &mut Outcome, files: &Files, name: &str, mut document: Document, depth: usize) {
    let before = rows(&document);
    let Some(map) = document.map() else { return };
    let mut listed = match get(map, "files") {
        Some(Cbor::Array(listed)) => listed.clone(),
        _ => Vec::new(),
    };
    let mut known = BTreeSet::new();
    listed.retain_mut(|row| {
        let Some(members) = row.as_map_mut() else {
            return false;
        };
        let path = get(members, "path").and_then(Cbor::as_text);
        let Some(path) = path.map(str::to_owned) else {
            return false;
        };
        let bytes = files.get(&path).filter(|_| !is_exempt(&path));
        let Some(bytes) = bytes.filter(|_| known.insert(path.clone())) else {
            return false;
        };
        fill(members, &row_of(&path, bytes));
        true
    });
    let unlisted = files
        .iter()
        .filter(|(name, _)| !is_exempt(name) && !known.contains(*name));
    let new = unlisted.map(|(name, bytes)| {
        let mut members = Members::new();
        fill(&mut members, &row_of(name, bytes));
        Cbor::Map(members)
    });
    let new: Vec<Cbor> = new.collect();
    listed.extend(new);
    if get(map, "format").and_then(Cbor::as_text) != Some(FORMAT) {
        set(map, "format", Cbor::Text(FORMAT.into()));
    }
    set(map, "files", Cbor::Array(listed));
    let old = files.get(name);
    if let Some(new) = document
        .write()
        .filter(|new| old.is_none_or(|old| new[..] != old[..]))
    {
        let hunks = hunks(name, old.map(AsRef::as_ref), &before, &document, depth);
        out.write(SBOM, CHECK, name, new, hunks);
    }
}

/// Writes what a row has to say, and a media type if it has none.
fn fill(members: &mut Members, row: &Row) {
    let Row { path, size, blake3 } = row;
    if get(members, "path").is_none() {
        members.push((Cbor::Text("path".into()), Cbor::Text(path.clone())));
    }
    replace(members, "size", Cbor::from(*size));
    if get(members, "media_type").is_none() {
        replace(members, "media_type", Cbor::Text(media_type(path).into()));
    }
    replace(members, "hash_blake3", Cbor::Text(blake3.clone()));
}

/// Sets a member; a new one comes last.
fn replace(members: &mut Members, key: &str, value: Cbor) {
    match members.iter_mut().find(|(k, _)| k.as_text() == Some(key)) {
        Some((_, member)) => *member = value,
        None => members.push((Cbor::Text(key.into()), value)),
    }
}

/// The media type, as greentic-pack writes it.
fn media_type(path: &str) -> &'static str {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    match ending {
        "wasm" => "application/wasm",
        "cbor" if path != "pack.lock.cbor" => "application/cbor",
        _ => "application/octet-stream",
    }
}

/// The rows of a document by path, as texts; what has no path is under its place.
fn rows(document: &Document) -> BTreeMap<String, String> {
    let listed = document.tree.as_map().and_then(|map| get(map, "files"));
    let listed = listed.and_then(Cbor::as_array).into_iter().flatten();
    let row = |(i, row): (usize, &Cbor)| {
        let path = row.as_map().and_then(|m| get(m, "path")?.as_text());
        let place = path.map_or_else(|| format!("row {i}"), |path| format!("row `{path}`"));
        let text = cbor::to_json(row).map_or_else(|e| e.to_string(), |row| row.to_string());
        (place, text)
    };
    let mut all: BTreeMap<String, String> = BTreeMap::new();
    for (place, text) in listed.enumerate().map(row) {
        let entry = all.entry(place).or_default();
        // A path that several rows have keeps all of them.
        if !entry.is_empty() {
            entry.push_str(", ");
        }
        entry.push_str(&text);
    }
    all
}

/// The rows that differ before and after.
fn hunks(
    name: &str,
    old: Option<&[u8]>,
    before: &BTreeMap<String, String>,
    document: &Document,
    depth: usize,
) -> Vec<Hunk> {
    let mut hunks = Vec::new();
    match old {
        None => hunks.push(Hunk::new("the file", None, Some("a new file"))),
        Some(old) => {
            if let Err(error) = sbom::decode(name, old, depth) {
                let old = format!("does not decode: {error}");
                hunks.push(Hunk::new("the document", Some(&old), Some("decodes")));
            }
        }
    }
    let after = rows(document);
    let places: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let differing = places
        .into_iter()
        .filter(|p| before.get(*p) != after.get(*p));
    hunks.extend(differing.map(|place| {
        let side = |rows: &BTreeMap<String, String>| rows.get(place).cloned();
        let (old, new) = (side(before), side(&after));
        Hunk::new(place, old.as_deref(), new.as_deref())
    }));
    if hunks.is_empty() {
        let (old, new) = (Some("rows on files that need none"), Some("without them"));
        hunks.push(Hunk::new("the document", old, new));
    }
    hunks
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn files(extra: &[(&str, &[u8])]) -> Files {
        let base: [(&str, &[u8]); 2] = [("pack.json", b"{}"), ("a.wasm", b"\0asm")];
        let all = base.iter().chain(extra);
        all.map(|(n, c)| ((*n).to_owned(), (*c).into())).collect()
    }

    fn facts() -> Facts {
        Facts {
            depth: 20,
            ..Facts::default()
        }
    }

    fn row(path: &str, media: &str, bytes: &[u8]) -> Value {
        let Row { size, blake3, .. } = row_of(path, bytes);
        json!({ "path": path, "size": size, "media_type": media, "hash_blake3": blake3 })
    }

    fn written(out: &Outcome, name: &str) -> Option<Value> {
        serde_json::from_slice(out.writes.get(name)?.as_ref()?).ok()
    }

    #[test]
    fn pack_without_an_sbom_gets_one_in_the_form_of_its_manifest() {
        let out = mend(&files(&[]), &facts());
        let octets = "application/octet-stream";
        let rows = [
            row("a.wasm", "application/wasm", b"\0asm"),
            row("pack.json", octets, b"{}"),
        ];
        let expected = json!({ "format": FORMAT, "files": rows });
        assert_eq!(written(&out, "sbom.json"), Some(expected));
        let of_cbor = mend(&files(&[("manifest.cbor", b"\xa0")]), &facts());
        assert_eq!(of_cbor.writes.keys().collect::<Vec<_>>(), ["sbom.cbor"]);
        let is_worker = true;
        let worker = Facts {
            is_worker,
            ..facts()
        };
        assert!(mend(&files(&[]), &worker).writes.is_empty());
        assert!(follow(&files(&[]), &facts()).writes.is_empty());
    }

    #[test]
    fn rows_become_those_of_the_files_and_keep_their_order_and_other_members() {
        let mut wrong = row("pack.json", "application/json", b"{}");
        wrong["size"] = json!(9);
        wrong["note"] = json!("kept");
        let mut right = wrong.clone();
        right["size"] = json!(2);
        let ghost = row("ghost.txt", "text/plain", b"");
        let short = json!({ "path": "a.wasm" });
        let before =
            json!({ "tool": "kept", "format": FORMAT, "files": [wrong, ghost, right, short] });
        let text = before.to_string();
        let out = mend(&files(&[("sbom.json", text.as_bytes())]), &facts());
        let mut filled = row("a.wasm", "application/wasm", b"\0asm");
        filled["path"] = json!("a.wasm");
        let after = json!({ "tool": "kept", "format": FORMAT, "files": [right, filled] });
        assert_eq!(written(&out, "sbom.json"), Some(after.clone()));
        let text = after.to_string();
        let again = mend(&files(&[("sbom.json", text.as_bytes())]), &facts());
        assert!(again.writes.is_empty(), "a right one stays as it is");
    }

    #[test]
    fn sbom_of_another_format_stays_and_what_is_no_document_is_written_again() {
        let other = br#"{"bomFormat":"CycloneDX","format":"other"}"#;
        let out = mend(&files(&[("sbom.json", other)]), &facts());
        assert!(
            out.writes.is_empty() && out.left[0].why.contains("`other`"),
            "{:?}",
            out.left
        );
        for broken in [&b"{"[..], b"[]", br#"{"files":[],"files":[]}"#, b"{}"] {
            let out = mend(&files(&[("sbom.json", broken)]), &facts());
            let rows =
                written(&out, "sbom.json").map(|sbom| sbom["files"].as_array().map(Vec::len));
            assert_eq!(rows, Some(Some(2)), "{broken:?}");
            let follows = follow(&files(&[("sbom.json", broken)]), &facts());
            assert!(follows.writes.is_empty(), "{broken:?}");
        }
    }
}
