//! A name as very old packs have it.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_COLON";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("components/diagnostics::summary.wasm");
});
