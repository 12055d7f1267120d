//! A name on another machine.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_BACKSLASH";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("\\\\host\\share\\x");
});
