//! A second archive follows the first.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_LAYOUT";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.after = archive.write();
});
