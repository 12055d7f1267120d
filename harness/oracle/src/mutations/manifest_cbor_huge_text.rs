//! A binary manifest that claims a text of 2^63 bytes.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), b"\x7b\x80\0\0\0\0\0\0\0".to_vec());
});
