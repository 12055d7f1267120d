//! A name with a delete character.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_CONTROL";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a\x7f");
});
