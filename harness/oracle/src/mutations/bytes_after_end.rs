//! Bytes follow the end record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TRAILING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.after = b"more".to_vec();
});
