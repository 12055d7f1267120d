//! An entry is on disk 1.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MULTI_DISK";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.attributes.disk = 1);
});
