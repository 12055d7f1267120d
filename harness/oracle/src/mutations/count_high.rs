//! The end record counts more entries than there are.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let count = archive.directory.len() as u16;
    change_end(archive, |end| end.entries = Some(count + 1));
});
