//! An id that is a path.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_PACK_ID";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "pack.json".into(),
        br#"{"id":"../../etc","version":"1.0.0"}"#.to_vec(),
    );
});
