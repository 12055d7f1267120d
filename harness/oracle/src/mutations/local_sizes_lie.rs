//! The local record is short by a byte: a sequential reader gets other contents.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_CRC";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", false);
    let local = &mut archive.entries[at].local;
    (local.packed, local.size) = (7, 7);
});
