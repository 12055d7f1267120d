//! A Unicode comment.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        h.extra = b"uc\x06\0\x01\0\0\0\0x".to_vec()
    });
});
