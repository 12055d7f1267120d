//! An offset that points to a ZIP64 field which is not there.

use super::Apply;
use crate::generators::archive::Pointer;

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.pointer = Pointer::Fixed(u32::MAX));
});
