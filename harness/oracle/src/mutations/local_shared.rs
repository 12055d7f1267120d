//! Two directory records share one local record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_SHARED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let copy = archive.directory[0].clone();
    archive.directory.push(copy);
});
