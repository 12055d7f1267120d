//! A stream that inflates to more than is declared.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DATA_SIZE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents contents", true);
    archive.both(at, |h| h.size -= 1);
});
