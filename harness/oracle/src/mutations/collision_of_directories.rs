//! Two directories that are one where case does not count.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_COLLISION";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("Dir/a.txt");
    archive.named("dir/b.txt");
});
