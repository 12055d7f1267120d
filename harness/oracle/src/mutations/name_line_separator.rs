//! A name with a line separator.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_INVISIBLE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a\u{2028}b");
});
