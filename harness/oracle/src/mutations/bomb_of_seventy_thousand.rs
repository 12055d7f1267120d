//! 70 000 entries, which overflow the count.

use super::Apply;

pub(super) const CODE: &str = "E_ENTRIES";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
for _ in 0..70_000 {
    archive.fresh(b"", false);
}
});
