//! A binary manifest followed by bytes.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), b"\xa0\xa0".to_vec());
});
