//! Sizes stand in a data descriptor behind the data.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DESCRIPTOR";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", false);
    let header = archive.entries[at].local.clone();
    archive.both(at, |h| h.flags |= 8);
    let local = &mut archive.entries[at].local;
    (local.crc, local.packed, local.size) = (0, 0, 0);
    let mut descriptor = b"PK\x07\x08".to_vec();
    for field in [header.crc, header.packed, header.size] {
        descriptor.extend(field.to_le_bytes());
    }
    archive.entries[at].behind = descriptor;
});
