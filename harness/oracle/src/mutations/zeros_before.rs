//! Padding stands before the first record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_PREFIX";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.before = vec![0; 512];
});
