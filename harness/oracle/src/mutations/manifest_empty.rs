//! A manifest of no bytes.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_JSON";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("pack.json".into(), Vec::new());
});
