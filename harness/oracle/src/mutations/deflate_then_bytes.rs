//! Bytes follow the end of the deflate stream.

use super::{Apply, replace_data};

pub(super) const CODE: &str = "E_ZIP_DEFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents contents", true);
    replace_data(archive, at, |data| data.extend(b"more"));
});
