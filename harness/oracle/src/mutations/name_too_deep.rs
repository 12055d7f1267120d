//! A path deeper than the bound.

use super::Apply;

pub(super) const CODE: &str = "E_NAME_BOUND";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let bound = archive.limits().name_depth;
    archive.named(&format!("{}x", "a/".repeat(bound)));
});
