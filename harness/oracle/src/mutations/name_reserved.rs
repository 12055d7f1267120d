//! A device on Windows.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_RESERVED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("CON");
});
