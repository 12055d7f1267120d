//! The fixes of the lock: digests, rows on operations, and paths of the machine that
//! built the pack.

#[cfg(test)]
mod tests;

use super::change::{Files, Left, Outcome};
use super::document::{Document, Members, get_mut, hunks, set};
use super::facts::Facts;
use crate::checks::hygiene::local_paths::local_path;
use crate::checks::integrity::lock::{Current, current_rows, stale};
use ciborium::Value as Cbor;
use provision_core::integrity::lock::{self, Pin};
use provision_core::text::{counted, inert};
use provision_core::{cbor, pack};
use std::collections::BTreeMap;

/// The name of the fix of digests.
pub(super) const DIGESTS: &str = "lock-digests";
/// The name of the fix of rows on operations.
pub(super) const ROWS: &str = "lock-rows";
/// The name of the fix of paths.
pub(super) const PATHS: &str = "lock-paths";

const LOCK: &str = "integrity.lock";
const CURRENT: &str = "integrity.lock-current";
const LOCAL: &str = "hygiene.no-local-paths";

/// The locks of the pack that decode.
fn locks(files: &Files, depth: usize) -> impl Iterator<Item = (&'static str, Document)> {
    lock::FILE_NAMES.into_iter().filter_map(move |name| {
        let bytes = files.get(name)?;
        lock::decode(name, bytes, depth).ok()?;
        Some((name, Document::read(name, bytes, depth)?))
    })
}

/// Calls `each` with the id and the members of each row of a lock.
fn each_row(document: &mut Document, mut each: impl FnMut(&str, &mut Members)) {
    let Some(components) = document.map().and_then(|map| get_mut(map, "components")) else {
        return;
    };
    match components {
        Cbor::Map(rows) => {
            for (id, row) in rows {
                if let (Some(id), Some(row)) = (id.as_text(), row.as_map_mut()) {
                    each(id, row);
                }
            }
        }
        Cbor::Array(rows) => {
            for row in rows.iter_mut().filter_map(Cbor::as_map_mut) {
                let id = ["component_id", "name"].into_iter();
                let id = id.filter_map(|key| get_mut(row, key)?.as_text().map(str::to_owned));
                if let Some(id) = id.into_iter().next() {
                    each(&id, row);
                }
            }
        }
        _ => {}
    }
}

/// What a row pins, as the check reads it.
fn pinned(id: &str, row: &Members) -> Option<Pin> {
    let value = cbor::to_json(&Cbor::Map(row.clone())).ok()?;
    lock::pin(id, &value).ok()?
}

/// The file of a pinned component.
fn file_of(pin: &Pin) -> String {
    let own = || format!("components/{}.wasm", pin.component);
    pin.path.clone().unwrap_or_else(own)
}

/// Adds the new contents of a lock to `out`, if they are new.
fn write(
    out: &mut Outcome,
    (fix, check): (&'static str, &'static str),
    (name, document): (&str, &Document),
    files: &Files,
    depth: usize,
) {
    let Some(old) = files.get(name) else { return };
    if let Some(new) = document.write().filter(|new| new[..] != old[..]) {
        let hunks = hunks(name, old, &new, depth);
        out.write(fix, check, name, new, hunks);
    }
}

/// `lock-digests`: a digest that is not that of the component's bytes becomes it.
pub(super) fn digests(files: &Files, facts: &Facts) -> Outcome {
    let mut out = Outcome::default();
    for (name, mut document) in locks(files, facts.depth) {
        let mut changed = false;
        each_row(&mut document, |id, row| {
            let Some(pin) = pinned(id, row) else { return };
            let Some(bytes) = files.get(&file_of(&pin)) else {
                return;
            };
            let actual = pack::digest(bytes);
            if actual == pin.sha256 {
                return;
            }
            if pin.remote {
                let why = "the component comes from a registry, and the pack cannot tell what the \
                           registry has: run `greentic-pack resolve` again";
                return out.left.push(Left::new(DIGESTS, LOCK, &at(name, id), why));
            }
            if let Some(Cbor::Text(digest)) = get_mut(row, pin.member) {
                *digest = digest.replace(&pin.sha256, &actual);
                changed = true;
            }
        });
        if changed {
            let named = (name, &document);
            write(&mut out, (DIGESTS, LOCK), named, files, facts.depth);
        }
    }
    out
}

fn at(name: &str, id: &str) -> String {
    format!("{name}, `{}`", inert(id, 120))
}

/// `lock-rows`: operations and hashes become those that the component describes.
pub(super) fn rows(files: &Files, facts: &Facts) -> Outcome {
    let mut out = Outcome::default();
    for (name, mut document) in locks(files, facts.depth) {
        let mut changed = false;
        each_row(&mut document, |id, row| {
            let Some(pin) = pinned(id, row) else { return };
            let description = facts.described.get(id);
            let is_stale = |pin: &Pin| description.and_then(|d| stale(pin, d)).flatten().is_some();
            if !is_stale(&pin) {
                return;
            }
            let before = row.clone();
            if let Some(current) = description.and_then(current_rows) {
                update(row, &pin, &current);
            }
            let is_decodable = description.and_then(current_rows).is_some();
            if !is_decodable || pinned(id, row).is_none_or(|pin| is_stale(&pin)) {
                *row = before;
                let why = "the component describes itself as another one, or in a way that the \
                           pack tools cannot decode: pack the component that the lock names";
                return out.left.push(Left::new(ROWS, CURRENT, &at(name, id), why));
            }
            changed = true;
        });
        if changed {
            let named = (name, &document);
            write(&mut out, (ROWS, CURRENT), named, files, facts.depth);
        }
    }
    out
}

/// Replaces the operations and the hash of a description, if the row has them.
fn update(row: &mut Members, pin: &Pin, current: &Current) {
    let text = |text: &str| Cbor::Text(text.to_owned());
    if pin.describe_hash.is_some() {
        set(row, "describe_hash", text(&current.describe_hash));
    }
    let Some(Cbor::Array(listed)) = get_mut(row, "operations") else {
        return;
    };
    let id_of = |row: &Cbor| {
        let members = row.as_map()?;
        let id = super::document::get(members, "operation_id")?.as_text()?;
        Some(id.to_owned())
    };
    let mut known: BTreeMap<String, Cbor> = BTreeMap::new();
    for operation in listed.drain(..) {
        if let Some(id) = id_of(&operation) {
            known.entry(id).or_insert(operation);
        }
    }
    for (id, hash) in &current.operations {
        let mut operation = known.remove(id).unwrap_or_else(|| {
            // The order of canonical CBOR.
            let members = [("schema_hash", hash.as_str()), ("operation_id", id)];
            Cbor::Map(members.map(|(key, value)| (text(key), text(value))).into())
        });
        let hashed = operation.as_map_mut();
        if let Some(member) = hashed.and_then(|members| get_mut(members, "schema_hash")) {
            *member = text(hash);
        }
        listed.push(operation);
    }
}

/// `lock-paths`: a path of the machine that built the pack becomes the name of the same
/// file in the pack.
pub(super) fn paths(files: &Files, facts: &Facts) -> Outcome {
    let mut out = Outcome::default();
    for (name, mut document) in locks(files, facts.depth) {
        each_row(&mut document, |id, row| {
            let file = pinned(id, row).map(|pin| file_of(&pin));
            let file = file.unwrap_or_else(|| format!("components/{id}.wasm"));
            if let Some(Cbor::Text(text)) = get_mut(row, "ref")
                && local_path(text) == Some(0)
                && files.contains_key(&file)
            {
                *text = inside(text, &file);
            }
        });
        each_text(&mut document.tree, &mut |text| {
            if local_path(text) == Some(0)
                && let Some(file) = tail(text, files)
            {
                *text = inside(text, &file);
            }
        });
        let mut stays = 0;
        each_text(&mut document.tree, &mut |text| {
            stays += usize::from(local_path(text).is_some());
        });
        if stays > 0 {
            let why = format!(
                "{} a path of another machine for which the pack has no file: \
                 resolve the lock again, from relative paths",
                counted(stays, "text holds", "texts hold")
            );
            out.left.push(Left::new(PATHS, LOCAL, name, why));
        }
        let named = (name, &document);
        let is_new = |b: Vec<u8>| hunks_differ(files, name, &b, facts.depth);
        if document.write().is_some_and(is_new) {
            write(&mut out, (PATHS, LOCAL), named, files, facts.depth);
        }
    }
    out
}

/// Whether the contents of `name` differ, apart from their layout.
fn hunks_differ(files: &Files, name: &str, new: &[u8], depth: usize) -> bool {
    let old = files.get(name).map(|old| Document::read(name, old, depth));
    let new = Document::read(name, new, depth);
    old.flatten().map(|old| old.tree) != new.map(|new| new.tree)
}

/// `file` of the pack, written as `text` is: as a URL or as a path.
fn inside(text: &str, file: &str) -> String {
    let mut schemes = ["file://", "file:"].into_iter();
    let scheme = schemes.find(|scheme| text.starts_with(scheme));
    format!("{}{file}", scheme.unwrap_or_default())
}

/// The file of the pack whose name is the longest end of the path `text`.
fn tail(text: &str, files: &Files) -> Option<String> {
    let path = text.replace('\\', "/");
    let starts = path.match_indices('/').map(|(at, _)| at + 1);
    let mut ends = starts.filter_map(|at| path.get(at..));
    ends.find(|end| files.contains_key(*end)).map(str::to_owned)
}

fn each_text(tree: &mut Cbor, change: &mut impl FnMut(&mut String)) {
    match tree {
        Cbor::Text(text) => change(text),
        Cbor::Array(items) => items.iter_mut().for_each(|item| each_text(item, change)),
        Cbor::Map(members) => members
            .iter_mut()
            .for_each(|(_, member)| each_text(member, change)),
        _ => {}
    }
}
