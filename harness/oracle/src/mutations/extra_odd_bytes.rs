//! Bytes behind the extra fields that are none.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.extra = b"UT\x01\0\0xx".to_vec());
});
