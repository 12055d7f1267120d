//! A JSON file that is called a pack.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NOT_ZIP";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.instead = Some(br#"{"id":"a","version":"1.0.0"}"#.to_vec());
});
