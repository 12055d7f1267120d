//! An entry that only a sequential reader sees.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_UNLISTED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.fresh(b"hidden", false);
    archive.directory.pop();
});
