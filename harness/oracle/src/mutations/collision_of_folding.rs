//! Two names that are one where letters are folded to several.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_COLLISION";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("stra\u{df}e.txt");
    archive.named("STRASSE.txt");
});
