//! Bytes stand between directory and end record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_RECORD";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let last = archive.directory.len() - 1;
    archive.directory[last].behind = b"hidden".to_vec();
});
