//! There is no end record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NO_END";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.end = None;
});
