//! A ZIP64 extra field that repeats sizes which fit.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_ZIP64";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        let mut extra = b"\x01\0\x10\0".to_vec();
        extra.extend(u64::from(h.size).to_le_bytes());
        extra.extend(u64::from(h.packed).to_le_bytes());
        h.extra = extra;
    });
});
