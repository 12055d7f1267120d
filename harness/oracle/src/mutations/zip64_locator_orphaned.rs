//! A ZIP64 locator without the record that it locates.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let mut locator = b"PK\x06\x07".to_vec();
    locator.resize(20, 0);
    let last = archive.directory.len() - 1;
    archive.directory[last].behind = locator;
});
