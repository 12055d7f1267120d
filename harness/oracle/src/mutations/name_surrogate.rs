//! A lone surrogate in UTF-8.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_ENCODING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.both(archive.victim, |h| {
        h.name = b"a\xed\xa0\x80".to_vec();
        h.flags |= 0x0800;
    });
});
