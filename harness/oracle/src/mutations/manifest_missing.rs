//! There is no manifest.

use super::{Apply, without_manifest};

pub(super) const CODE: &str = "E_MANIFEST_MISSING";
pub(super) const APPLY: Apply = Apply::Files(|files| {
    without_manifest(files);
});
