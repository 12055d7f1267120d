//! A name that is two lines in a report.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_CONTROL";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a\n::error::x");
});
