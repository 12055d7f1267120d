//! A binary manifest with one key twice.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), b"\xa2\x61a\x01\x61a\x02".to_vec());
});
