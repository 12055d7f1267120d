//! A binary manifest with a list for a key.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), b"\xa1\x80\x01".to_vec());
});
