//! A name in another encoding.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_ENCODING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.rename(archive.victim, b"caf\xe9.json");
});
