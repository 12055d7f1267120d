//! A size that points to a ZIP64 field which is not there.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.size = u32::MAX);
});
