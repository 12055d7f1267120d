//! A binary manifest that nests 100 000 deep.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_CBOR";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("manifest.cbor".into(), vec![0x81; 100_000]);
});
