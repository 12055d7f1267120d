//! A manifest that is a list.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_SHAPE";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("pack.json".into(), b"[]".to_vec());
});
