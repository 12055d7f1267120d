//! A manifest that nests 100 000 deep.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_JSON";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    // Of changing keys, so that it is no bomb when it is deflated.
    let deep: String = (0..100_000)
        .map(|i| format!("{{\"{}\":", i % 9973))
        .collect();
    files.insert("pack.json".into(), deep.into_bytes());
});
