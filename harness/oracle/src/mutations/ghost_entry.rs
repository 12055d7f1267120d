//! An entry that only the directory has.

use super::Apply;
use crate::generators::archive::Pointer;

pub(super) const CODE: &str = "E_ZIP_DANGLING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"ghost", false);
    archive.entries.pop();
    archive.listing(at, |l| l.pointer = Pointer::Fixed(3));
});
