//! One entry that inflates beyond the bound.

use super::Apply;

pub(super) const CODE: &str = "E_INFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let bound = archive.limits().entry_bytes as usize;
    archive.fresh(&vec![0; bound + 1], true);
});
