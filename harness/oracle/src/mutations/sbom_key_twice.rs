//! An SBOM with one key twice.

use super::Apply;

pub(super) const CODE: &str = "E_SBOM_DECODE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    files.remove("sbom.cbor");
    files.insert(
        "sbom.json".into(),
        br#"{"format":"greentic-sbom-v1","files":[],"files":[]}"#.to_vec(),
    );
});
