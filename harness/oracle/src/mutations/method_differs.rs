//! Directory and local record differ in the method.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MISMATCH";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.header.method ^= 8);
});
