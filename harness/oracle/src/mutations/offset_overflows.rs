//! An offset that overflows when a length is added.

use super::Apply;
use crate::generators::archive::Pointer;

pub(super) const CODE: &str = "E_ZIP_DANGLING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.pointer = Pointer::Fixed(0xffff_fff0));
});
