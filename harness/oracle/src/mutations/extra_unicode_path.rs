//! A Unicode path that renames the entry for some readers.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        h.extra = b"up\x0a\0\x01\0\0\0\0other".to_vec()
    });
});
