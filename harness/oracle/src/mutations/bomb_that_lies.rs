//! A small entry by its own word that inflates to a million bytes.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DATA_SIZE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(&vec![0; 1 << 20], true);
    archive.both(at, |h| h.size = 100);
});
