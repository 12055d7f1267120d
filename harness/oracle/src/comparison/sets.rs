//! Compares sets of names.

use super::change::Found;
use super::rules::Rule;
use std::collections::BTreeSet;

/// Adds a change for each name that only one of the sets has, by the rules for removed
/// and for added ones.
pub(super) fn compare(
    place: impl Fn(&str) -> String,
    [old, new]: [&BTreeSet<String>; 2],
    [removed, added]: [Rule; 2],
    found: &mut Found<'_>,
) {
    for name in old.difference(new) {
        found.change(removed, &place(name), (Some(name), None));
    }
    for name in new.difference(old) {
        found.change(added, &place(name), (None, Some(name)));
    }
}

/// The first names of a set in one text, after their number.
pub(super) fn list<'n>(names: impl IntoIterator<Item = &'n str>) -> String {
    const SHOWN: usize = 8;
    let names: Vec<&str> = names.into_iter().collect();
    let shown = names.iter().take(SHOWN).copied().collect::<Vec<_>>();
    let more = match names.len().saturating_sub(SHOWN) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!("{}: {}{more}", names.len(), shown.join(", "))
}
