//! A name that ends early for some readers.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_CONTROL";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("a.json\0.txt");
});
