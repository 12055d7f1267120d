//! A name that goes up amid the path.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_DOTS";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a/../../x");
});
