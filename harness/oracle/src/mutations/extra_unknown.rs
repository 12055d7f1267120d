//! An extra field that no pack needs.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_EXTRA";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| h.extra = b"\xca\xfe\x02\0hi".to_vec());
});
