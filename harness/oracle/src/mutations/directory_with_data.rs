//! A directory with contents.

use super::Apply;
use crate::generators::archive::Style;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.add("folder/", b"hidden", Style::default());
});
