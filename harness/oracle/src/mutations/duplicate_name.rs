//! Two entries with one name: the first wins here, the last there.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DUPLICATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("twice.txt");
    archive.named("twice.txt");
});
