//! An SBOM followed by bytes.

use super::Apply;

pub(super) const CODE: &str = "E_SBOM_DECODE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    for name in ["sbom.json", "sbom.cbor"] {
        if let Some(sbom) = files.get_mut(name) {
            sbom.extend(b"{}");
        }
    }
});
