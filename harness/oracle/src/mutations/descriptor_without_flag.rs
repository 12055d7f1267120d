//! A data descriptor that no flag announces.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DESCRIPTOR";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.victim;
    archive.entries[at].behind = b"PK\x07\x08\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
});
