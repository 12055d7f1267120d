//! The file ends amid an entry's data.

use super::Apply;
use crate::generators::archive::Cut;

pub(super) const CODE: &str = "E_ZIP_TRUNCATED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.fresh(b"contents", false);
    archive.cut = Some(Cut::LastData(3));
});
