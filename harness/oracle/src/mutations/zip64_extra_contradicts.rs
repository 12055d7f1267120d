//! A ZIP64 extra field with other sizes than the record.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        let mut extra = b"\x01\0\x10\0".to_vec();
        extra.extend([7; 16]);
        h.extra = extra;
    });
});
