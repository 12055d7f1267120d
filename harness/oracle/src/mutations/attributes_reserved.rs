//! An internal attribute without a meaning.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_FLAGS";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.attributes.internal = 0x0100);
});
