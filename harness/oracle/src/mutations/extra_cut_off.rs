//! An extra field that is longer than the record has room for.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.extra = b"UT\xff\0\x01".to_vec());
});
