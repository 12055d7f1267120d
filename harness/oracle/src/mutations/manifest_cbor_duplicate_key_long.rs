//! A binary manifest with one key twice, once with a needlessly long head.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "manifest.cbor".into(),
        b"\xa2\x61a\x01\x78\x01a\x02".to_vec(),
    );
});
