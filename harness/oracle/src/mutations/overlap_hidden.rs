//! An entry that stands inside another one's data.

use super::Apply;
use crate::generators::archive::Pointer;

pub(super) const CODE: &str = "E_ZIP_DANGLING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let inner = b"PK\x03\x04\x0a\0\0\0\0\0\0\0\x21\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\0\0\0x";
    let outer = archive.fresh(inner, false);
    let at = archive.named("x");
    archive.entries.pop();
    let shift = 30 + archive.entries[outer].local.name.len() as u32;
    archive.listing(at, |l| l.pointer = Pointer::Entry(outer, shift));
});
