//! A version that does not exist yet.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_VERSION";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.needed = 0xff);
});
