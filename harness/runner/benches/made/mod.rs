//! Packs for the benches, made from the project's fixtures under other ids.

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

/// The folder of a fixture, whether it conforms or not.
fn folder(fixture: &str) -> PathBuf {
    let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
    let mut folders = ["conforming", "nonconforming"].map(|f| packs.join(f).join(fixture));
    let found = folders.iter_mut().find(|folder| folder.exists());
    std::mem::take(found.expect("a fixture"))
}

/// The files of a fixture that is a folder, by name.
fn files(fixture: &str) -> BTreeMap<String, Vec<u8>> {
    let root = folder(fixture);
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

/// A pack made from a fixture.
pub(crate) struct Made<'m> {
    /// The fixture.
    pub(crate) fixture: &'m str,
    /// Its new id.
    pub(crate) id: &'m str,
    /// Whether no other pack has the same step modules.
    pub(crate) distinct: bool,
    /// Whether the archive is as large as published ones. Those contain much that no
    /// wizard calls, so this one contains the components of the other fixtures as
    /// assets, where no wizard uses them.
    pub(crate) large: bool,
    /// Whether the archive compresses its entries.
    pub(crate) deflate: bool,
}

impl<'m> Made<'m> {
    /// The fixture as it is, under the id `id`.
    pub(crate) fn of(fixture: &'m str, id: &'m str) -> Self {
        Self {
            fixture,
            id,
            distinct: false,
            large: false,
            deflate: false,
        }
    }

    /// The archive.
    pub(crate) fn archive(&self) -> Vec<u8> {
        let mut own = files(self.fixture);
        if self.distinct {
            for (_, bytes) in own.iter_mut().filter(|(name, _)| name.ends_with(".wat")) {
                bytes.extend(format!("\n;; {}", self.id).into_bytes());
            }
        }
        let others = REAL.into_iter().filter(|other| *other != self.fixture);
        for other in others.filter(|_| self.large) {
            let mut of_other = files(other).into_iter();
            let component = of_other.find(|(name, _)| name.ends_with(".wasm"));
            let (_, bytes) = component.expect("a component");
            own.insert(format!("assets/{other}.bin"), bytes);
        }
        packed(own, self.id, self.deflate)
    }
}

/// `files` as an archive under the id `id`, with an SBOM.
fn packed(mut files: BTreeMap<String, Vec<u8>>, id: &str, deflate: bool) -> Vec<u8> {
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
