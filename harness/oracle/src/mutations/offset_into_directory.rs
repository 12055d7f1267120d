//! An entry whose local record is said to be in the directory.

use super::Apply;
use crate::generators::archive::Pointer;

pub(super) const CODE: &str = "E_ZIP_DANGLING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"x", false);
    let length = archive.entries[at].local.name.len() as u32 + 31;
    archive.listing(at, |l| l.pointer = Pointer::Entry(at, length));
});
