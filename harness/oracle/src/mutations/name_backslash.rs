//! A name that is two components on Windows.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_BACKSLASH";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a\\..\\x");
});
