//! The record that announces an encrypted directory.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ENCRYPTED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let last = archive.entries.len() - 1;
    archive.entries[last].behind = b"PK\x06\x08\x02\0\0\0xx".to_vec();
});
