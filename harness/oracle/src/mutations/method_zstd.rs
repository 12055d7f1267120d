//! Zstandard.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_METHOD";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.method = 93);
});
