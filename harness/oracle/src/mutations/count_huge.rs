//! The end record claims 65 534 entries, for a reader that allocates what is claimed.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_DIRECTORY";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.entries = Some(0xfffe));
});
