//! A data descriptor without its optional signature.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DESCRIPTOR";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", true);
    archive.both(at, |h| h.flags |= 8);
    let header = archive.entries[at].local.clone();
    for field in [header.crc, header.packed, header.size] {
        archive.entries[at].behind.extend(field.to_le_bytes());
    }
});
