//! The file ends amid the end record.

use super::Apply;
use crate::generators::archive::Cut;

pub(super) const CODE: &str = "E_ZIP_TRUNCATED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.cut = Some(Cut::End(21));
});
