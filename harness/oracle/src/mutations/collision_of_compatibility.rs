//! A ligature and its letters.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_COLLISION";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("\u{fb01}x.txt");
    archive.named("fix.txt");
});
