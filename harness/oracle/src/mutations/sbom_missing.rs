//! There is no SBOM.

use super::Apply;

pub(super) const CODE: &str = "E_SBOM_MISSING";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    files.remove("sbom.json");
    files.remove("sbom.cbor");
});
