//! The directory lists the entries backwards.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ORDER";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.directory.reverse();
});
