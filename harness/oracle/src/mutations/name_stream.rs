//! A name that is a stream of another file on Windows.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_COLON";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("ab.json:hidden");
});
