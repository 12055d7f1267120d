//! A checksum of zero, which some readers take for none.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_CRC";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", false);
    archive.both(at, |h| h.crc = 0);
});
