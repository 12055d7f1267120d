//! The payloads of a manifest's extensions.

use greentic_types::PackManifest;
use greentic_types::pack_manifest::ExtensionInline;
use serde_json::Value;

/// The inline payload of the extension `name`; `null` if the extension has none, `None`
/// if the manifest does not have the extension.
#[must_use]
pub fn payload(manifest: &PackManifest, name: &str) -> Option<Value> {
    let extension = manifest.extensions.as_ref()?.get(name)?;
    Some(match &extension.inline {
        Some(ExtensionInline::Other(value)) => value.clone(),
        // greentic-types decodes the extensions that it knows into types.
        Some(typed) => serde_json::to_value(typed).unwrap_or_default(),
        None => Value::Null,
    })
}
