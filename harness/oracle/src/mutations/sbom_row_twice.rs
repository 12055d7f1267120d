//! A file that the SBOM lists twice.

use super::{Apply, change_sbom};

pub(super) const CODE: &str = "E_SBOM_DUPLICATE";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    change_sbom(files, |rows| rows.extend(rows.first().cloned()));
});
