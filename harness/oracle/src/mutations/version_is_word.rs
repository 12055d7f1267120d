//! A version that is none.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_PACK_VERSION";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "pack.json".into(),
        br#"{"id":"a","version":"latest"}"#.to_vec(),
    );
});
