//! Bytes stand before the directory, as signing schemes put them.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_RECORD";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let last = archive.entries.len() - 1;
    archive.entries[last].behind = vec![0x41; 64];
});
