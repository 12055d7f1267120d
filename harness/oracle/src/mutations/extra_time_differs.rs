//! Timestamps that contradict each other.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MISMATCH";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"x", false);
    archive.entries[at].local.extra = b"UT\x05\0\x01\x01\x02\x03\x04".to_vec();
    archive.listing(at, |l| {
        l.header.extra = b"UT\x05\0\x01\x01\x02\x03\x05".to_vec()
    });
});
