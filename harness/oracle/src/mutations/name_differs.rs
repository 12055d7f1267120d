//! Directory and local record differ in the name.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MISMATCH";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.header.name[0] ^= 0x03);
});
