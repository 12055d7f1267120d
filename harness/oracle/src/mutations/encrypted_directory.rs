//! An entry whose record is masked.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ENCRYPTED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.flags |= 0x2000);
});
