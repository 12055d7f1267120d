//! Enhanced deflating.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_FLAGS";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.flags |= 0x0010);
});
