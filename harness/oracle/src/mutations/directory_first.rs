//! The directory stands before the entries.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_LAYOUT";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.directory_first = true;
});
