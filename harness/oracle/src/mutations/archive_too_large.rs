//! More bytes than an archive may have.

use super::Apply;

pub(super) const CODE: &str = "E_SIZE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let bound = archive.limits().archive_bytes as usize;
    archive.instead = Some(vec![0; bound + 1]);
});
