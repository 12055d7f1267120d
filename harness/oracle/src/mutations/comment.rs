//! The archive has a comment.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_COMMENT";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.comment = b"hello".to_vec());
});
