//! A manifest that nests 100 000 deep.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_JSON";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert("pack.json".into(), "[".repeat(100_000).into_bytes());
});
