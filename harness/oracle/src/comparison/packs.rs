//! The two packs of a comparison.

use crate::subject::Opened;
use provision_core::Limits;

/// The two packs, and the bounds on their data.
#[derive(Clone, Copy)]
pub(super) struct Packs<'s> {
    pub(super) old: &'s Opened,
    pub(super) new: &'s Opened,
    pub(super) limits: &'s Limits,
}

/// The versions of both packs, which may be part of their texts.
pub(super) type Versions<'v> = [Option<&'v str>; 2];

/// Whether the texts are the same, apart from the versions of the packs.
pub(super) fn is_same_text(old: &str, new: &str, versions: Versions<'_>) -> bool {
    let [Some(before), Some(after)] = versions else {
        return old == new;
    };
    old == new || old.replace(before, after) == new
}
