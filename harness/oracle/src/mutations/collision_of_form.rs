//! Two names that are one where Unicode forms do not count.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_COLLISION";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("caf\u{e9}.txt");
    archive.named("cafe\u{301}.txt");
});
