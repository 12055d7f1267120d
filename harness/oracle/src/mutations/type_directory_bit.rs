//! A file that DOS attributes call a directory.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.external(0o100_644 << 16 | 0x10);
});
