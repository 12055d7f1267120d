//! Directory and local record differ in the checksum.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MISMATCH";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.header.crc ^= 1);
});
