//! An SBOM of a format that is not known.

use super::Apply;

pub(super) const CODE: &str = "E_SBOM_DECODE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    files.remove("sbom.cbor");
    files.insert(
        "sbom.json".into(),
        br#"{"format":"other","files":[]}"#.to_vec(),
    );
});
