//! A match that reaches before the first byte.

use super::{Apply, replace_data};

pub(super) const CODE: &str = "E_ZIP_DEFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", true);
    // A final block of fixed codes: length 3, distance 1, and nothing before it.
    replace_data(archive, at, |data| *data = vec![0x03, 0x02, 0x00]);
});
