//! UTF-8 that is not marked as such, so that readers take it for something else.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_ENCODING";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    let at = archive.named("caf\u{e9}.json");
    archive.both(at, |h| h.flags &= !0x0800);
});
