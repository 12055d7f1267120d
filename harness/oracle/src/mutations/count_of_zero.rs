//! The end record claims that there is nothing.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| {
        (end.entries, end.size) = (Some(0), Some(0));
    });
});
