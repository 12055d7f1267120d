//! Two directories with one name.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DUPLICATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("twice/");
    archive.named("twice/");
});
