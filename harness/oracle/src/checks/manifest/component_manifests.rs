//! Checks of the manifests that a pack carries for its components.

use super::components::conclude;
use crate::check::Findings;
use crate::subject::Subject;
use greentic_types::PackManifest;
use greentic_types::pack::extensions::component_manifests::{
    ComponentManifestIndexEntryV1, ComponentManifestIndexV1, EXT_COMPONENT_MANIFEST_INDEX_V1,
};
use provision_core::codes::CheckCode;
use provision_core::components::declared;
use provision_core::extensions::payload;
use provision_core::pack::digest;
use provision_core::text::inert;
use provision_core::{Finding, Pack, cbor};
use serde_json::Value;

/// `manifest.component-manifests`
pub(super) fn agree(subject: &Subject, findings: &mut Findings) {
    conclude(subject, findings, |pack, manifest| {
        let depth = subject.limits.depth;
        let components = declared(manifest).into_iter();
        let mut found: Vec<Finding> = components
            .flat_map(|component| of_component(pack, component.id, &component.version, depth))
            .collect();
        found.extend(index(manifest).iter().filter_map(|row| hash(pack, row)));
        found
    });
}

/// The findings on the manifest file of one component, if the pack has it.
fn of_component(pack: &Pack, id: &str, version: &str, depth: usize) -> Vec<Finding> {
    let at = format!("components/{id}.manifest.cbor");
    let Some(bytes) = pack.read(&at) else {
        return Vec::new();
    };
    let finding = |code: CheckCode, expected: String, actual: &str| {
        Finding::new(code, inert(&at, 200), expected, inert(actual, 200)).about(at.as_str())
    };
    let described = match cbor::parse(&bytes, depth).and_then(|tree| cbor::to_json(&tree)) {
        Ok(described) => described,
        Err(error) => {
            let expected = "strict CBOR".to_owned();
            let code = CheckCode::ComponentManifest;
            return vec![finding(code, expected, &error.to_string())];
        }
    };
    let pairs = [("id", id), ("version", version)].into_iter();
    let differing = pairs.filter_map(|(key, expected)| {
        let actual = described.get(key).and_then(Value::as_str);
        let expected = (actual != Some(expected)).then(|| {
            format!(
                "{key} `{}`, as in the pack's manifest",
                inert(expected, 120)
            )
        })?;
        let actual = actual.unwrap_or("nothing");
        Some(finding(
            CheckCode::ComponentManifestDiffers,
            expected,
            actual,
        ))
    });
    differing.collect()
}

/// The index of component manifests; empty if the manifest has none.
pub(super) fn index(manifest: &PackManifest) -> Vec<ComponentManifestIndexEntryV1> {
    let value = payload(manifest, EXT_COMPONENT_MANIFEST_INDEX_V1).unwrap_or_default();
    let index = ComponentManifestIndexV1::from_extension_value(&value);
    index.map(|index| index.entries).unwrap_or_default()
}

/// The finding on a row whose hash is not that of its file.
fn hash(pack: &Pack, row: &ComponentManifestIndexEntryV1) -> Option<Finding> {
    let bytes = pack.read(&row.manifest_file)?;
    let expected = row.content_hash.as_deref()?;
    let actual = match expected.split_once(':') {
        Some(("blake3", _)) => format!("blake3:{}", blake3::hash(&bytes).to_hex()),
        _ => format!("sha256:{}", digest(&bytes)),
    };
    (actual != expected).then(|| {
        Finding::new(
            CheckCode::ComponentManifestDiffers,
            inert(&row.manifest_file, 200),
            format!(
                "{}, as in the index of component manifests",
                inert(expected, 100)
            ),
            actual,
        )
    })
}
