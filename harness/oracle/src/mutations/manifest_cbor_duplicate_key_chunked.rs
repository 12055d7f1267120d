//! A binary manifest with one key twice, once in pieces.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "manifest.cbor".into(),
        b"\xa2\x62ab\x01\x7f\x61a\x61b\xff\x02".to_vec(),
    );
});
