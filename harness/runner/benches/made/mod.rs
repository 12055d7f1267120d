//! Packs for the benches, made of the project's fixtures under other ids.

use provision_oracle::generators::archive::{ArchiveBuilder, Style};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Fixtures whose guests were compiled from real languages.
pub(crate) const REAL: [&str; 4] = [
    "js-provider",
    "rust-wasi-step",
    "rust-hidden-trap",
    "c-provider",
];

fn conforming() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/conforming")
}

/// The files of a fixture that is a folder, by name.
pub(crate) fn files(fixture: &str) -> BTreeMap<String, Vec<u8>> {
    let root = conforming().join(fixture);
    let mut files = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&root) {
        let entry = entry.expect("a fixture");
        let name = entry.path().strip_prefix(&root).expect("below it");
        let name = name.to_str().expect("UTF-8").replace('\\', "/");
        if entry.file_type().is_file() && name != "expect.toml" {
            files.insert(name, std::fs::read(entry.path()).expect("a file"));
        }
    }
    files
}

/// The fixture as an archive under the id `id`; what is `text`
/// is put into each of its step modules, so that no other pack has the same.
pub(crate) fn archive(fixture: &str, id: &str, text: Option<&str>, deflate: bool) -> Vec<u8> {
    let mut files = files(fixture);
    for (name, bytes) in &mut files {
        if let Some(text) = text.filter(|_| name.ends_with(".wat")) {
            bytes.extend(format!("\n;; {text}").into_bytes());
        }
    }
    packed(files, id, deflate)
}

/// `files` as an archive under the id `id`, with an SBOM.
pub(crate) fn packed(mut files: BTreeMap<String, Vec<u8>>, id: &str, deflate: bool) -> Vec<u8> {
    let manifest = files.get_mut("pack.json").expect("a manifest");
    let mut value: Value = serde_json::from_slice(manifest).expect("JSON");
    value["id"] = json!(id);
    *manifest = value.to_string().into_bytes();
    let rows = files.iter().map(|(path, bytes)| {
        let blake3 = blake3::hash(bytes).to_hex().to_string();
        json!({
            "path": path,
            "size": bytes.len(),
            "media_type": "application/octet-stream",
            "hash_blake3": blake3,
        })
    });
    let rows: Vec<Value> = rows.collect();
    let sbom = json!({ "format": "greentic-sbom-v1", "files": rows });
    files.insert("sbom.json".into(), sbom.to_string().into_bytes());
    let mut archive = ArchiveBuilder::empty();
    for (name, bytes) in &files {
        let style = Style {
            deflate,
            ..Style::default()
        };
        archive.add(name, bytes, style);
    }
    archive.write()
}
