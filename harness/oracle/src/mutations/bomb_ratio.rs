//! An entry inside the bound, at a thousand to one.

use super::Apply;

pub(super) const CODE: &str = "E_INFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let floor = archive.limits().ratio_floor as usize;
    archive.fresh(&vec![0; floor + 1], true);
});
