//! A directory with the mode of a file.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_TYPE";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.named("folder/");
    archive.listing(at, |l| l.attributes.external = 0o100_644 << 16);
});
