//! A name that starts at the root.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_ABSOLUTE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("/etc/passwd");
});
