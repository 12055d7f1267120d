//! Bytes between two entries belong to neither.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_RECORD";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.victim;
    archive.entries[at].behind = b"hidden".to_vec();
});
