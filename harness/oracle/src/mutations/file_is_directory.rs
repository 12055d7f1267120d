//! A file that is a directory later.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_FILE_AND_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("thing");
    archive.named("thing/below.txt");
});
