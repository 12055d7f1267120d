//! A file that runs as its owner.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.external(0o104_755 << 16);
});
