//! Pairs the members of two lists by name, and finds those that were renamed.

use std::collections::BTreeMap;

/// Pairs of members that are looked at for renames, at most. With more, nothing is taken
/// for a rename.
const RENAMES: usize = 40_000;

/// A member and its name.
pub(super) type Named<'m, T> = (&'m str, &'m T);

/// The members of two lists by name.
pub(super) struct Pairing<'m, T> {
    /// Members of both lists, with their name.
    pub(super) kept: Vec<(&'m str, &'m T, &'m T)>,
    /// Members of the old list alone.
    pub(super) removed: Vec<Named<'m, T>>,
    /// Members of the new list alone.
    pub(super) added: Vec<Named<'m, T>>,
}

impl<'m, T> Pairing<'m, T> {
    /// Pairs the members of `old` and `new`.
    pub(super) fn of(old: &'m BTreeMap<String, T>, new: &'m BTreeMap<String, T>) -> Self {
        let in_new = |(name, member): (&'m String, &'m T)| {
            let other = new.get(name)?;
            Some((name.as_str(), member, other))
        };
        let only = |own: &'m BTreeMap<String, T>, other: &'m BTreeMap<String, T>| {
            let own = own.iter().filter(|(name, _)| !other.contains_key(*name));
            own.map(|(name, member)| (name.as_str(), member)).collect()
        };
        Self {
            kept: old.iter().filter_map(in_new).collect(),
            removed: only(old, new),
            added: only(new, old),
        }
    }

    /// Takes the pairs that `same` says are one member under two names. A member that
    /// fits several others is left as it is.
    pub(super) fn renamed(
        &mut self,
        same: impl Fn(&T, &T) -> bool,
    ) -> Vec<(Named<'m, T>, Named<'m, T>)> {
        let mut found = Vec::new();
        if self.removed.len().saturating_mul(self.added.len()) > RENAMES {
            return found;
        }
        for &removed in &self.removed {
            let mut fitting = self.added.iter().filter(|added| same(removed.1, added.1));
            let (Some(&added), None) = (fitting.next(), fitting.next()) else {
                continue;
            };
            let rivals = self.removed.iter().filter(|other| same(other.1, added.1));
            if rivals.count() == 1 {
                found.push((removed, added));
            }
        }
        self.removed
            .retain(|(name, _)| !found.iter().any(|(old, _)| old.0 == *name));
        self.added
            .retain(|(name, _)| !found.iter().any(|(_, new)| new.0 == *name));
        found
    }
}
