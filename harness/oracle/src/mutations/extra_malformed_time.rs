//! A timestamp of half a time.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        h.extra = b"UT\x03\0\x01\x01\x02".to_vec()
    });
});
