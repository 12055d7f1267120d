//! The end record claims a comment that is not there.

use super::{Apply, change_end};

pub(super) const CODE: &str = "E_ZIP_TRUNCATED";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    change_end(archive, |end| end.comment_len = Some(9));
});
