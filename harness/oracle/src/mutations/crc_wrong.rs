//! A checksum of other data.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_CRC";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.crc ^= 0x0101_0101);
});
