//! Two SBOMs that list different files.

use super::Apply;
use serde_json::json;

pub(super) const CODE: &str = "E_SBOM_AMBIGUOUS";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    let empty = br#"{"format":"greentic-sbom-v1","files":[]}"#;
    let cbor = files.remove("sbom.cbor");
    if cbor.is_some() {
        files.insert("sbom.json".into(), empty.to_vec());
        files.insert("sbom.cbor".into(), cbor.unwrap_or_default());
    } else {
        let mut cbor = Vec::new();
        let _ = ciborium::into_writer(
            &json!({ "format": "greentic-sbom-v1", "files": [] }),
            &mut cbor,
        );
        files.insert("sbom.cbor".into(), cbor);
    }
});
