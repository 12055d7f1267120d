//! An entry that leads to a path.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_FLOW_NAME";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
    files.insert(
        "pack.json".into(),
        br#"{"id":"a","version":"1.0.0","meta":{"entry_flows":{"setup":"a/b"}}}"#.to_vec(),
    );
});
