//! A local record stands amid the directory.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_LAYOUT";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let mut stray = b"PK\x03\x04\x0a\0".to_vec();
    stray.resize(26, 0);
    stray.extend(b"\x01\0\0\0x");
    archive.directory[0].behind = stray;
});
