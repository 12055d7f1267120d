//! More entries than the bound.

use super::Apply;

pub(super) const CODE: &str = "E_ENTRIES";
pub(super) const APPLY: Apply = Apply::Archive(|archive| {
    for _ in 0..=archive.limits().entries {
        archive.fresh(b"", false);
    }
});
