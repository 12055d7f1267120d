//! There are two end records; readers differ in which they use.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_MANY_ENDS";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.after = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0".to_vec();
});
