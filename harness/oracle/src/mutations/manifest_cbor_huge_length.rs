//! A binary manifest that claims 2^63 items.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), b"\x9b\x80\0\0\0\0\0\0\0".to_vec());
});
