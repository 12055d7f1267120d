//! A second manifest under the first one's name.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_DUPLICATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let name = archive.entries[0].local.name.clone();
    let at = archive.fresh(b"{}", false);
    archive.rename(at, &name);
});
