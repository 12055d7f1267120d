//! Finds the file of a component that a pack's manifest names.

use crate::Pack;
use crate::extensions::payload;
use crate::wasm::{self, WasmKind};
use greentic_types::PackManifest;
use greentic_types::pack::extensions::component_sources::{
    ArtifactLocationV1, ComponentSourceEntryV1, ComponentSourcesV1, EXT_COMPONENT_SOURCES_V1,
};
use std::collections::{BTreeMap, BTreeSet};

/// A component that a pack-v1 manifest declares.
#[derive(Debug, Clone)]
pub struct Declared<'m> {
    /// Its id.
    pub id: &'m str,
    /// Its version.
    pub version: String,
    /// The operations that it declares.
    pub operations: BTreeSet<&'m str>,
}

/// The components that `manifest` declares, in its order.
#[must_use]
pub fn declared(manifest: &PackManifest) -> Vec<Declared<'_>> {
    let components = manifest.components.iter().map(|c| Declared {
        id: c.id.as_str(),
        version: c.version.to_string(),
        operations: c.operations.iter().map(|o| o.name.as_str()).collect(),
    });
    components.collect()
}

/// Where a component comes from, according to the pack's own table of sources.
#[derive(Debug, Clone)]
pub struct ComponentSource {
    /// Its file in the pack; `None` if the pack does not contain it.
    pub file: Option<String>,
    /// Whether a digest identifies its bytes.
    pub pinned: bool,
    /// Lower-case hex SHA-256 that the runner compares with the bytes of a file in the
    /// pack, if the table states it.
    pub sha256: Option<String>,
    /// The name of the component in the reference that the author gave: the last
    /// segment, without tag, digest and ending.
    pub origin: String,
}

/// `oci://host/library/templates:latest` is `templates`, and so is
/// `file://target/templates.wasm`.
fn origin(reference: &str) -> String {
    let last = reference.rsplit('/').next().unwrap_or_default();
    let bare = last.split(['@', ':']).next().unwrap_or_default();
    bare.strip_suffix(".wasm").unwrap_or(bare).to_owned()
}

/// The ids of the components in the table of sources of `manifest`.
#[must_use]
pub fn source_ids(manifest: &PackManifest) -> Vec<String> {
    let entries = table(manifest).into_iter();
    let ids = entries.filter_map(|entry| entry.component_id);
    ids.map(|id| id.as_str().to_owned()).collect()
}

fn table(manifest: &PackManifest) -> Vec<ComponentSourceEntryV1> {
    let value = payload(manifest, EXT_COMPONENT_SOURCES_V1).unwrap_or_default();
    let table = ComponentSourcesV1::from_extension_value(&value);
    table.map(|table| table.components).unwrap_or_default()
}

/// A component that a pack takes from a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remote {
    /// Its name in the table of sources.
    pub name: String,
    /// The reference that the author gave, with its scheme.
    pub reference: String,
    /// Whether a digest identifies its bytes.
    pub pinned: bool,
}

/// The components that `manifest` takes from registries.
#[must_use]
pub fn remote(manifest: &PackManifest) -> Vec<Remote> {
    let is_digest = |text: &str| {
        let digits = text.strip_prefix("sha256:").unwrap_or_default();
        digits.len() == 64 && digits.bytes().all(|b| b.is_ascii_hexdigit())
    };
    let remote = |entry: &ComponentSourceEntryV1| entry.source.scheme() != "file";
    let entries = table(manifest).into_iter().filter(remote);
    let entries = entries.map(|entry| {
        let reference = entry.source.reference();
        let named = reference.split_once('@').map_or("", |(_, digest)| digest);
        Remote {
            pinned: is_digest(&entry.resolved.digest) || is_digest(named),
            reference: format!("{}://{reference}", entry.source.scheme()),
            name: entry.name,
        }
    });
    entries.collect()
}

/// The table of sources of `manifest`, by component id and name.
#[must_use]
pub fn sources(manifest: &PackManifest) -> BTreeMap<String, ComponentSource> {
    let mut sources = BTreeMap::new();
    for entry in table(manifest) {
        let file = match &entry.artifact {
            ArtifactLocationV1::Inline { wasm_path, .. } => Some(wasm_path.clone()),
            ArtifactLocationV1::Remote => None,
        };
        let sha256 = entry.resolved.digest.strip_prefix("sha256:");
        let sha256 = sha256.map(str::to_ascii_lowercase);
        let origin = origin(entry.source.reference());
        let id = entry.component_id.map(|id| id.as_str().to_owned());
        for name in id.into_iter().chain([entry.name]) {
            let source = ComponentSource {
                file: file.clone(),
                pinned: sha256.is_some(),
                sha256: sha256.clone(),
                origin: origin.clone(),
            };
            sources.insert(name, source);
        }
    }
    sources
}

/// The file of component `id` in the pack, as the runner names it.
#[must_use]
pub fn file(pack: &Pack, id: &str, source: Option<&ComponentSource>) -> Option<String> {
    let candidates = [
        source.and_then(|s| s.file.clone()),
        Some(format!("components/{id}.wasm")),
    ];
    candidates.into_iter().flatten().find(|name| pack.has(name))
}

/// Whether the runner loads component `id` of `manifest`.
///
/// NB: it reads the table of sources only if the manifest declares no component at all.
#[must_use]
pub fn is_loaded(manifest: &PackManifest, id: &str) -> bool {
    let mut declared = manifest.components.iter();
    if manifest.components.is_empty() {
        source_ids(manifest).iter().any(|source| source == id)
    } else {
        declared.any(|component| component.id.as_str() == id)
    }
}

/// Whether `file` of `pack` is a component that exports nothing, so that no host can
/// call it.
#[must_use]
pub fn exports_nothing(pack: &Pack, file: &str) -> bool {
    let bytes = pack.read(file).unwrap_or_default();
    wasm::kind(&bytes) == WasmKind::Component && wasm::component_exports(&bytes).is_empty()
}

/// The file of component `id` of `manifest`, if the runner loads it and the pack has it.
#[must_use]
pub fn resolve(pack: &Pack, manifest: &PackManifest, id: &str) -> Option<String> {
    let file = || file(pack, id, sources(manifest).get(id));
    is_loaded(manifest, id).then(file).flatten()
}

#[cfg(test)]
mod tests {
    use super::origin;

    #[test]
    fn origin_is_the_last_segment_without_tag_digest_and_ending() {
        for (reference, expected) in [
            ("ghcr.io/greentic/components/templates:latest", "templates"),
            ("ghcr.io:443/templates@sha256:00ff", "templates"),
            ("target/wasm32/templates.wasm", "templates"),
            ("templates", "templates"),
        ] {
            assert_eq!(origin(reference), expected, "{reference}");
        }
    }
}
