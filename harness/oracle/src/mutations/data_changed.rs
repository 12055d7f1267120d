//! Data that was changed after it was packed.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_CRC";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", false);
    archive.entries[at].data[0] ^= 0x20;
});
