//! One extra field twice.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        h.extra = b"UT\x01\0\0UT\x01\0\0".to_vec()
    });
});
