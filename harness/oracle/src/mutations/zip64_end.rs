//! A ZIP64 end record that nothing needs.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let mut end = b"PK\x06\x06\x2c".to_vec();
    end.resize(56, 0);
    let last = archive.directory.len() - 1;
    archive.directory[last].behind = end;
});
