//! A name that a terminal obeys.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_CONTROL";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("\x1b[2Jx");
});
