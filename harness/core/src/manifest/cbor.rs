//! `manifest.cbor`: pack-v1 decoded by `greentic-types`, older forms read as maps.

use super::legacy;
use super::model::{FlowDecl, Format, Manifest, ManifestError};
use crate::cbor;
use ciborium::Value as Cbor;
use greentic_types::PackManifest;

pub(super) fn decode(file: &str, bytes: &[u8], depth: usize) -> Result<Manifest, ManifestError> {
    let error = |detail: String| ManifestError::Cbor {
        file: file.to_owned(),
        detail,
    };
    let tree = cbor::parse(bytes, depth).map_err(|e| error(e.to_string()))?;
    // RFC 8949, 3.4.6: this tag marks the bytes as CBOR and has no other meaning.
    let (tree, bytes) = match (tree, bytes.strip_prefix(&SELF_DESCRIBED)) {
        (Cbor::Tag(_, inner), Some(inside)) => (*inner, inside),
        (tree, _) => (tree, bytes),
    };
    if !is_pack_v1(&tree) {
        let value = cbor::to_json(&tree).map_err(|e| error(e.to_string()))?;
        return legacy::from_map(file, &value, Format::LegacyCbor);
    }
    let manifest = greentic_types::decode_pack_manifest(bytes)
        .map_err(|e| error(format!("not a pack-v1 manifest: {e}")))?;
    let mut manifest = from_pack_v1(manifest);
    let keys = tree.as_map().into_iter().flatten();
    let keys = keys.filter_map(|(key, _)| key.as_text());
    manifest.unknown = super::model::unknown(keys, &PACK_V1_FIELDS);
    Ok(manifest)
}

/// Fields of a pack-v1 manifest in `greentic-types` 1.2, and the symbol table of its
/// encoding.
const PACK_V1_FIELDS: [&str; 16] = [
    "schema_version",
    "pack_id",
    "name",
    "version",
    "kind",
    "publisher",
    "symbols",
    "components",
    "flows",
    "dependencies",
    "capabilities",
    "secret_requirements",
    "signatures",
    "bootstrap",
    "extensions",
    "agents",
];

const SELF_DESCRIBED: [u8; 3] = [0xd9, 0xd9, 0xf7];

/// A symbol table distinguishes pack-v1 from the older maps.
fn is_pack_v1(tree: &Cbor) -> bool {
    let Cbor::Map(entries) = tree else {
        return false;
    };
    let has = |key: &str| entries.iter().any(|(k, _)| k.as_text() == Some(key));
    has("schema_version") && has("symbols")
}

fn from_pack_v1(manifest: PackManifest) -> Manifest {
    let flows = manifest.flows.iter().map(|entry| FlowDecl {
        id: entry.id.as_str().to_owned(),
        entries: entry.entrypoints.iter().cloned().collect(),
        has_graph: !entry.flow.nodes.is_empty(),
    });
    Manifest {
        format: Format::PackV1,
        id: Some(manifest.pack_id.as_str().to_owned()),
        version: Some(manifest.version.to_string()),
        entry_flows: Vec::new(),
        flows: flows.collect(),
        requires_public_base_url: false,
        capabilities: manifest
            .capabilities
            .iter()
            .map(|c| c.name.clone())
            .collect(),
        component_files: Vec::new(),
        component_ids: Vec::new(),
        flow_files: Vec::new(),
        scenarios: None,
        misnamed: Vec::new(),
        unknown: Vec::new(),
        pack_v1: Some(Box::new(manifest)),
    }
}
