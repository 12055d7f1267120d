//! 70 000 entries, which overflow the count (or as many as the bound on bytes
//! has room for).

use super::Apply;

/// Bytes of an empty entry with a short name, in both records.
const BYTES: u64 = 30 + 46 + 2 * 6;

pub(super) const CODE: &str = "E_ENTRIES";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let room = archive.limits().archive_bytes / BYTES / 2;
    for i in 0..room.min(70_000) {
        archive.named(&format!("n{i:05}"));
    }
});
