//! A comment that is another end record: a reader that searches backwards finds it first.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_COMMENT";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| {
        end.comment = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
    });
});
