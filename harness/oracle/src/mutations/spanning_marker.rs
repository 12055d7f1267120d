//! The marker of an archive that spans several files.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MULTI_DISK";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.before = b"PK\x07\x08".to_vec();
});
