//! No deflate stream at all.

use super::{Apply, replace_data};

pub(super) const CODE: &str = "E_ZIP_DEFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", true);
    replace_data(archive, at, Vec::clear);
});
