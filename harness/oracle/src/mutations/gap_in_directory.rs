//! Bytes stand between two directory records.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_RECORD";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.directory[0].behind = b"hidden".to_vec();
});
