//! A stored block whose length and its complement disagree.

use super::{Apply, replace_data};

pub(super) const CODE: &str = "E_ZIP_DEFLATE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.fresh(b"contents", true);
    replace_data(archive, at, |data| {
        *data = vec![0x01, 0x01, 0x00, 0x00, 0x00, 0x41]
    });
});
