//! Two manifests of different packs.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_DISAGREES";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "pack.json".into(),
        br#"{"id":"a","version":"1.0.0"}"#.to_vec(),
    );
    files.insert(
        "manifest.json".into(),
        br#"{"id":"b","version":"1.0.0"}"#.to_vec(),
    );
});
