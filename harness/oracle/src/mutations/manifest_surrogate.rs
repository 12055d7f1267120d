//! A manifest with half a character.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_JSON";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "pack.json".into(),
        br#"{"id":"\ud800","version":"1.0.0"}"#.to_vec(),
    );
});
