//! A name with a character that nobody sees.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_INVISIBLE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("pack\u{200b}.json");
});
