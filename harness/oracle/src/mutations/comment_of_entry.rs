//! An entry has a comment.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_COMMENT";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.listing(archive.victim, |l| l.attributes.comment = b"hello".to_vec());
});
