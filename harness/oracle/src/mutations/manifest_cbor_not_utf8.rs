//! A binary manifest with text that is not UTF-8.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), b"\xa1\x62\xff\xfe\x01".to_vec());
});
