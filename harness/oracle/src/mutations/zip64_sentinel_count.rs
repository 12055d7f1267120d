//! A count that points to a ZIP64 record which is not there.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.entries = Some(u16::MAX));
});
