//! A directory with contents.

use crate::generators::archive::Style;
use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
archive.add("folder/", b"hidden", Style::default());
});
