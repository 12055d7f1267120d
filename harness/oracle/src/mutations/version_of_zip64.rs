//! A version that only ZIP64 needs.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_VERSION";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.needed = 45);
});
