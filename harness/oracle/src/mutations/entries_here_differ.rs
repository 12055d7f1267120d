//! This disk has fewer entries than all disks.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_MULTI_DISK";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.entries_here = Some(0));
});
