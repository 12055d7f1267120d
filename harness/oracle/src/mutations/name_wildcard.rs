//! A name with a wildcard.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_CHARACTER";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a*.json");
});
