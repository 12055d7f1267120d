//! The directory is on disk 1.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_MULTI_DISK";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.disks = [0, 1]);
});
