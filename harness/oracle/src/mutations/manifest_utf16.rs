//! A manifest in UTF-16.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_JSON";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("pack.json".into(), b"\xff\xfe{\0}\0".to_vec());
});
