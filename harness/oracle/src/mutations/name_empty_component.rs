//! A name with two slashes in a row.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_EMPTY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a//x");
});
