//! A directory that is a file later.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_FILE_AND_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("thing/");
    archive.named("thing");
});
