//! A directory of more entries than the bound, on one local record.

use super::Apply;

pub(super) const CODE: &str = "E_ENTRIES";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let one = archive.directory[0].clone();
    let bound = archive.limits().entries;
    archive.directory.resize(bound + 2, one);
});
