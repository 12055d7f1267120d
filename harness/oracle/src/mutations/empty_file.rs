//! The file is empty.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NOT_ZIP";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.instead = Some(Vec::new());
});
