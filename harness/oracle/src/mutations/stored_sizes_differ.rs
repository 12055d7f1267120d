//! Stored data with two sizes.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DATA_SIZE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", false);
    archive.both(at, |h| h.size = 3);
});
