//! [`ValidPack`]: valid packs of every published form, and their archives.

use crate::generators::archive::{ArchiveBuilder, Style};
use arbitrary::{Arbitrary, Unstructured};
use provision_core::limits::ArchiveLimits;
use serde_json::json;
use std::collections::BTreeMap;

/// Files by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// A valid pack, and the layout of its archive.
#[derive(Debug, Clone, Default)]
pub struct ValidPack {
    /// The pack's files; the SBOM is among them once it is sealed.
    pub files: Files,
    /// Empty directory entries, each ending with `/`.
    pub directories: Vec<String>,
    /// Styles of the entries, used in rotation.
    pub styles: Vec<Style>,
    /// The number of places by which the sorted entries are rotated.
    pub rotation: usize,
    /// Whether the SBOM is CBOR rather than JSON.
    pub sbom_cbor: bool,
    /// The index of the file that mutations change, modulo the number of files.
    pub target_entry: usize,
}

impl ValidPack {
    /// A small pack in the canonical form.
    #[must_use]
    pub fn plain() -> Self {
        let manifest = json!({ "id": "plain", "version": "1.0.0" });
        let files = [
            ("pack.json", manifest.to_string()),
            ("assets/readme.md", "A plain pack.\n".to_owned()),
            ("components/a.wat", "(module)".to_owned()),
        ];
        let files = files
            .into_iter()
            .map(|(n, c)| (n.to_owned(), c.into_bytes()));
        Self {
            files: files.collect(),
            styles: vec![Style::default()],
            ..Self::default()
        }
    }

    /// Replaces the SBOM by one of the present files.
    pub fn seal(&mut self) {
        self.files.retain(|name, _| !name.starts_with("sbom."));
        let row = |(path, bytes): (&String, &Vec<u8>)| {
            json!({
                "path": path,
                "size": bytes.len(),
                "media_type": "application/octet-stream",
                "hash_blake3": blake3::hash(bytes).to_hex().to_string(),
            })
        };
        let rows: Vec<_> = self.files.iter().map(row).collect();
        let sbom = json!({ "format": "greentic-sbom-v1", "files": rows });
        let (name, bytes) = if self.sbom_cbor {
            let mut bytes = Vec::new();
            // Writing JSON values to a vector cannot fail.
            let _ = ciborium::into_writer(&sbom, &mut bytes);
            ("sbom.cbor", bytes)
        } else {
            ("sbom.json", sbom.to_string().into_bytes())
        };
        self.files.insert(name.into(), bytes);
    }

    /// The archive, before it is written.
    #[must_use]
    pub fn builder(&self, limits: &ArchiveLimits) -> ArchiveBuilder {
        let mut archive = ArchiveBuilder::empty();
        archive.limits = Some(limits.clone());
        let directories = self.directories.iter().map(|name| (name, &[][..]));
        let files = self
            .files
            .iter()
            .map(|(name, bytes)| (name, bytes.as_slice()));
        let mut entries: Vec<_> = directories.chain(files).collect();
        let count = entries.len().max(1);
        entries.rotate_left(self.rotation % count);
        for (i, (name, contents)) in entries.into_iter().enumerate() {
            let style = self.styles.get(i % self.styles.len().max(1));
            let mut style = style.copied().unwrap_or_default();
            style.deflate &= !name.ends_with('/');
            archive.add(name, contents, style);
        }
        archive.target_entry = self.target_in(&archive);
        archive
    }

    /// The index of the entry that mutations change: a file, not a directory.
    fn target_in(&self, archive: &ArchiveBuilder) -> usize {
        let is_file = |i: &usize| !archive.entries[*i].local.name.ends_with(b"/");
        let files: Vec<usize> = (0..archive.entries.len()).filter(is_file).collect();
        let chosen = files.get(self.target_entry % files.len().max(1));
        chosen.copied().unwrap_or_default()
    }

    /// The archive's bytes, with a fresh SBOM.
    #[must_use]
    pub fn archive(&self, limits: &ArchiveLimits) -> Vec<u8> {
        let mut pack = self.clone();
        pack.seal();
        pack.builder(limits).write()
    }
}

/// Names from real packs, and a few borderline valid ones.
const NAMES: [&str; 12] = [
    "assets/setup.yaml",
    "assets/a..b",
    "components/setup_default__apply.wat",
    "components/x.wasm",
    "fixtures/setup.input.json",
    "i18n/de.json",
    "i18n/\u{e4}\u{f6}.json",
    "console",
    ".hidden",
    "deep/er/and/de/ep/er.txt",
    "x",
    "com10.json",
];

const DIRECTORIES: [&str; 3] = ["assets/", "empty/", "empty/below/"];

impl<'a> Arbitrary<'a> for ValidPack {
    fn arbitrary(u: &mut Unstructured<'a>) -> arbitrary::Result<Self> {
        let mut pack = Self {
            rotation: usize::from(u.arbitrary::<u8>()?),
            sbom_cbor: u.arbitrary()?,
            target_entry: usize::from(u.arbitrary::<u8>()?),
            ..Self::default()
        };
        manifest(u, &mut pack.files)?;
        for name in NAMES {
            if u.ratio(1u8, 3)? {
                let contents = contents(u, name)?;
                pack.files.insert(name.into(), contents);
            }
        }
        for name in DIRECTORIES {
            if u.ratio(1u8, 6)? {
                pack.directories.push(name.into());
            }
        }
        for _ in 0..u.int_in_range(1..=4)? {
            pack.styles.push(Style {
                deflate: u.arbitrary()?,
                stamp: u.arbitrary()?,
                extended: u.ratio(1u8, 4)?,
            });
        }
        Ok(pack)
    }
}

fn contents(u: &mut Unstructured<'_>, name: &str) -> arbitrary::Result<Vec<u8>> {
    // Fixtures must be JSON.
    if name.starts_with("fixtures/") {
        return Ok(b"{}".to_vec());
    }
    let len = u.int_in_range(0..=300usize)?;
    Ok(if u.ratio(1u8, 2)? {
        vec![u.arbitrary()?; len]
    } else {
        u.bytes(len.min(u.len()))?.to_vec()
    })
}

/// A manifest in one of its forms, or in two forms that agree.
fn manifest(u: &mut Unstructured<'_>, files: &mut Files) -> arbitrary::Result<()> {
    let id = *u.choose(&["a", "messaging-telegram", "greentic.secrets.vault-kv"])?;
    let version = *u.choose(&["0.1.0", "1.2.3-rc.1", "10.0.0+build"])?;
    let plain = json!({ "id": id, "version": version, "flows": [] });
    let mut cbor = Vec::new();
    match u.int_in_range(0..=4)? {
        0 => drop(files.insert("pack.json".into(), plain.to_string().into_bytes())),
        1 => drop(files.insert("manifest.json".into(), plain.to_string().into_bytes())),
        2 => {
            let older = json!({ "pack": { "packId": id, "pack_version": version } });
            let _ = ciborium::into_writer(&older, &mut cbor);
            files.insert("manifest.cbor".into(), cbor);
        }
        3 => {
            let _ = ciborium::into_writer(&plain, &mut cbor);
            files.insert("manifest.cbor".into(), cbor);
            files.insert("manifest.json".into(), plain.to_string().into_bytes());
        }
        _ => {
            let v1 = json!({
                "schema_version": "pack-v1", "pack_id": id, "version": version,
                "kind": "application", "publisher": "Somebody", "components": [], "flows": [],
                "dependencies": [], "capabilities": [], "signatures": { "signatures": [] },
            });
            let manifest = serde_json::from_value(v1).ok();
            let encoded = manifest.and_then(|m| greentic_types::encode_pack_manifest(&m).ok());
            files.insert("manifest.cbor".into(), encoded.unwrap_or_default());
        }
    }
    Ok(())
}
