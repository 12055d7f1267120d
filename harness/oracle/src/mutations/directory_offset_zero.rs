//! The directory is said to be at the first byte.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.directory = Some(0));
});
