//! A name that Windows shortens.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_ENDING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("x.json.");
});
