//! A digital signature of the directory.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_RECORD";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let last = archive.directory.len() - 1;
    archive.directory[last].behind = b"PK\x05\x05\x04\0sign".to_vec();
});
