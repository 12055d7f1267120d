//! A file with the sticky bit.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.external(0o101_644 << 16);
});
