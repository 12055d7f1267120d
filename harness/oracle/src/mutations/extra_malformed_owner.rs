//! An owner without a group.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.extra = b"ux\x03\0\x01\x01\0".to_vec());
});
