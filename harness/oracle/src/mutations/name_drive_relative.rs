//! A name relative to the current folder of a drive.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_ABSOLUTE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("c:x");
});
