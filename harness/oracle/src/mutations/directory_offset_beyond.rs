//! The directory is said to be beyond the file.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.directory = Some(0x7fff_ffff));
});
