//! The file ends amid the end record.

use crate::generators::archive::Cut;
use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TRUNCATED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
archive.cut = Some(Cut::End(21));
});
