//! A file that the SBOM does not list.

use super::Apply;

pub(super) const CODE: &str = "E_SBOM_UNLISTED";
pub(super) const APPLY: Apply = Apply::Sealed(|files| {
    files.insert("smuggled.txt".into(), b"x".to_vec());
});
