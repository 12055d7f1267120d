//! A block device.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.external(0o060_660 << 16);
});
