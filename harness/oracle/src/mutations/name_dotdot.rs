//! A name that leaves the folder it is unpacked to.

use super::Apply;

pub(super) const CODE: &str = "E_ZIP_NAME_DOTS";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    archive.named("../../etc/cron.d/x");
});
