//! A name that starts with a byte order mark.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_INVISIBLE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("\u{feff}pack.json");
});
