//! How packs are cut into shards: packs that share components go together, and shards
//! weigh alike. The listing alone decides, so that every shard makes the same cut.
//!
//! 1. A pack weighs [`PACK_WEIGHT`] and the bytes of its distinct components.
//! 2. A pack belongs to the group of the largest component that it shares with another pack.
//!    A pack that shares none is a group of its own; packs without components are one group.
//! 3. A group whose weight is above the mean weight of a shard is divided, and so is a group
//!    for which compiling its shared components once more in each piece adds at most one
//!    part in [`REPEATED`]: shards that have a piece of each group take alike long, however
//!    wrong the weights are. Packs that share further components stay in one piece.
//! 4. The heaviest piece that is left goes to the lightest shard that has no piece of the
//!    same group, until no piece is left.

use super::listing::{Component, Listed};
use crate::events::CutDigests;
use provision_core::pack::digest;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What running the wizards of a pack weighs, as bytes of components that take as long to
/// compile.
pub const PACK_WEIGHT: u64 = 64 * 1024;
/// The part of a group's weight that compiling its shared components repeatedly may add.
const REPEATED: u64 = 16;

/// A pack in a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Its label.
    pub pack: String,
    /// Its SHA-256, as reports show it; empty if it cannot be read or is above the bound.
    pub digest: String,
    /// Its weight alone.
    pub weight: u64,
    /// Its group; the first is 1.
    pub group: usize,
    /// Its shard; the first is 1.
    pub shard: u64,
}

/// The packs of a run, cut into shards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    /// How many shards there are. Some are empty if there are more of them than packs.
    pub count: u64,
    /// The packs, in the order of the listing.
    pub packs: Vec<Placed>,
    /// The weight of each shard that has packs: a component counts once.
    pub weights: BTreeMap<u64, u64>,
}

impl Cut {
    /// Cuts `packs` into `count` shards. Does not depend on their order.
    #[must_use]
    pub fn of(packs: &[Listed], count: u64) -> Self {
        let shards = usize::try_from(count).unwrap_or(usize::MAX);
        let shards = shards.clamp(1, packs.len().max(1));
        let groups = groups(packs);
        let total: u64 = groups.iter().map(|g| g.weight(packs)).sum();
        let mean = total / shards as u64;
        let pieces = groups.iter().enumerate().flat_map(|(number, group)| {
            let pieces = group.divided(packs, group.pieces(packs, shards, mean));
            pieces.into_iter().map(move |piece| (number, piece))
        });
        let mut pieces: Vec<(usize, Piece)> = pieces.collect();
        // NB: a stable sort, so that equal pieces stay in the order of their groups.
        pieces.sort_by_key(|(_, piece)| Reverse(piece.weight));
        Self::placed(packs, count, shards, pieces)
    }

    /// Places `pieces`, with the numbers of their groups, from the heaviest.
    fn placed(packs: &[Listed], count: u64, shards: usize, pieces: Vec<(usize, Piece)>) -> Self {
        let mut lightest: BTreeSet<(u64, usize)> = (0..shards).map(|shard| (0, shard)).collect();
        let mut groups = BTreeSet::new();
        let mut places = vec![(0, 0); packs.len()];
        for (group, piece) in pieces {
            let free = |(_, shard): &&(u64, usize)| !groups.contains(&(*shard, group));
            // A group has at most as many pieces as there are shards, so one is free.
            let Some((load, shard)) = lightest.iter().find(free).copied() else {
                continue;
            };
            lightest.remove(&(load, shard));
            lightest.insert((load.saturating_add(piece.weight), shard));
            groups.insert((shard, group));
            for at in piece.packs {
                places[at] = (group, shard as u64 + 1);
            }
        }
        let placed = |(pack, (group, shard)): (&Listed, (usize, u64))| Placed {
            pack: pack.label.clone(),
            digest: pack.digest.clone(),
            weight: PACK_WEIGHT + bytes(&pack.components),
            group: group + 1,
            shard,
        };
        Self {
            count,
            packs: packs.iter().zip(places).map(placed).collect(),
            weights: {
                let loaded = lightest.into_iter().filter(|(load, _)| *load > 0);
                loaded
                    .map(|(load, shard)| (shard as u64 + 1, load))
                    .collect()
            },
        }
    }

    /// The labels of the packs of a shard.
    pub fn labels(&self, shard: u64) -> impl Iterator<Item = &str> {
        let of = self.packs.iter().filter(move |p| p.shard == shard);
        of.map(|p| p.pack.as_str())
    }

    /// What a shard says of the cut, so that a merge finds out whether all have made the same.
    #[must_use]
    pub fn digests(&self) -> CutDigests {
        let mut listing = String::new();
        for pack in &self.packs {
            // NB: writing to a string cannot fail.
            _ = writeln!(listing, "{} {} {}", pack.digest, pack.weight, pack.pack);
        }
        let places = self.packs.iter().map(|p| (p.pack.as_str(), p.shard));
        CutDigests {
            listing: digest(listing.as_bytes()),
            assignment: assignment(places),
        }
    }
}

/// SHA-256 of which packs are in which shards: a line a pack, sorted by label, with the
/// shard before the label.
pub fn assignment<'p>(places: impl Iterator<Item = (&'p str, u64)>) -> String {
    let mut places: Vec<(&str, u64)> = places.collect();
    places.sort_unstable();
    let mut text = String::new();
    for (pack, shard) in places {
        _ = writeln!(text, "{shard} {pack}");
    }
    digest(text.as_bytes())
}

fn bytes<'c>(components: impl IntoIterator<Item = &'c Component>) -> u64 {
    let bytes = components.into_iter().map(|c| c.bytes);
    bytes.fold(0, u64::saturating_add)
}

/// Packs that share a component, sorted: those that share further ones are neighbours.
struct Group {
    /// Positions in the listing.
    packs: Vec<usize>,
}

/// A part of a group, which one shard judges.
#[derive(Debug, PartialEq, Eq)]
struct Piece {
    weight: u64,
    packs: Vec<usize>,
}

/// What makes a group.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum GroupKey<'p> {
    Shared(Component),
    Alone(&'p str),
    Nothing,
}

/// The groups of `packs`, sorted by the first label of each.
fn groups(packs: &[Listed]) -> Vec<Group> {
    let mut counts: BTreeMap<Component, usize> = BTreeMap::new();
    for component in packs.iter().flat_map(|p| &p.components) {
        *counts.entry(*component).or_default() += 1;
    }
    let mut groups: BTreeMap<GroupKey<'_>, Vec<usize>> = BTreeMap::new();
    for (at, pack) in packs.iter().enumerate() {
        // NB: components are sorted by size.
        let shared = pack.components.iter().rfind(|c| counts.get(c) > Some(&1));
        let key = match shared {
            Some(component) => GroupKey::Shared(*component),
            None if pack.components.is_empty() => GroupKey::Nothing,
            None => GroupKey::Alone(&pack.label),
        };
        groups.entry(key).or_default().push(at);
    }
    let order = |at: &usize| {
        let pack = &packs[*at];
        (pack.components.iter().rev(), pack.label.as_str())
    };
    let mut groups: Vec<Group> = groups
        .into_values()
        .map(|mut members| {
            members.sort_by(|a, b| {
                let ((a, a_label), (b, b_label)) = (order(a), order(b));
                b.cmp(a).then(a_label.cmp(b_label))
            });
            Group { packs: members }
        })
        .collect();
    groups.sort_by_key(|group| group.packs.iter().map(|at| &packs[*at].label).min());
    groups
}

impl Group {
    /// The components of the group, each with the number of its packs that have it.
    fn components(&self, packs: &[Listed]) -> BTreeMap<Component, usize> {
        let mut counts = BTreeMap::new();
        for component in self.packs.iter().flat_map(|at| &packs[*at].components) {
            *counts.entry(*component).or_default() += 1;
        }
        counts
    }

    fn weight(&self, packs: &[Listed]) -> u64 {
        weight(self.packs.len(), bytes(self.components(packs).keys()))
    }

    /// The number of pieces into which the group is divided among `shards` shards, whose
    /// mean weight is `mean`.
    fn pieces(&self, packs: &[Listed], shards: usize, mean: u64) -> usize {
        let weight = self.weight(packs);
        let counts = self.components(packs);
        let shared = counts.iter().filter(|(_, count)| **count > 1);
        let shared = bytes(shared.map(|(component, _)| component));
        let heavy = weight.div_ceil(mean.max(1));
        let cheap = match shared.saturating_mul(REPEATED) {
            0 => u64::MAX,
            repeated => 1 + weight / repeated,
        };
        let pieces = usize::try_from(heavy.max(cheap)).unwrap_or(usize::MAX);
        pieces.clamp(1, shards.min(self.packs.len()))
    }

    /// The group in `pieces` pieces of neighbours which weigh about alike.
    fn divided(&self, packs: &[Listed], pieces: usize) -> Vec<Piece> {
        // What all pieces have to compile moves no boundary between them.
        let counts = self.components(packs);
        let everywhere = |c: &Component| counts.get(c) == Some(&self.packs.len());
        let mut seen = BTreeSet::new();
        let mut before = Vec::with_capacity(self.packs.len());
        let mut sum = 0u64;
        for at in &self.packs {
            before.push(sum);
            let components = packs[*at].components.iter();
            let new = components.filter(|c| !everywhere(c) && seen.insert(**c));
            sum = sum.saturating_add(PACK_WEIGHT).saturating_add(bytes(new));
        }
        let mut members = vec![Vec::new(); pieces];
        for (at, before) in self.packs.iter().zip(before) {
            let piece = u128::from(before) * pieces as u128 / u128::from(sum.max(1));
            members[usize::try_from(piece).unwrap_or(0)].push(*at);
        }
        let filled = members.into_iter().filter(|members| !members.is_empty());
        let piece = |members: Vec<usize>| {
            let components = members.iter().flat_map(|at| &packs[*at].components);
            let distinct: BTreeSet<&Component> = components.collect();
            Piece {
                weight: weight(members.len(), bytes(distinct)),
                packs: members,
            }
        };
        filled.map(piece).collect()
    }
}

fn weight(packs: usize, bytes: u64) -> u64 {
    (packs as u64)
        .saturating_mul(PACK_WEIGHT)
        .saturating_add(bytes)
}

#[cfg(test)]
mod tests;
