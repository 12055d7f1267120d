//! How packs are cut into shards: packs that share components go together, and shards
//! weigh alike. The listing alone decides, so that every shard makes the same cut.
//!
//! 1. A pack weighs [`PACK_WEIGHT`] and the bytes of its distinct components.
//! 2. A pack belongs to the group of the largest component that it shares with another pack.
//!    A pack that shares none is a group of its own; packs without components are one group.
//! 3. A group is divided into `PIECES` pieces for each shard if compiling its shared components in
//!    each shard adds at most one part in `OF_GROUP` to its weight, and with all other groups
//!    that are divided so at most one part in `OF_RUN` to the weight of the run: shards that
//!    have a piece of each group take alike long, however wrong the weights are.
//! 4. Another group above the mean weight of a shard is divided into pieces of half the mean.
//!    Packs that share further components stay in one piece.
//! 5. The heaviest piece that is left goes to the lightest shard, until no piece is left.

use super::listing::{Component, Listed};
use crate::events::CutDigests;
use provision_core::pack::digest;
use serde::Serialize;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What running the wizards of a pack weighs, as bytes of components that take as long to
/// compile. Of the packs of this repository, a byte takes about 2 µs to compile, and the
/// wizards of a pack take 10 to 100 ms.
pub const PACK_WEIGHT: u64 = 32 * 1024;
/// Pieces for each shard of a group that is divided among all: a shard that also judges a
/// group which others do not gets fewer of them.
const PIECES: usize = 4;
/// The part of its weight that dividing a group among all shards may add.
const OF_GROUP: u64 = 4;
/// The part of the weight of the run that dividing all such groups may add.
const OF_RUN: u64 = 16;

/// A pack in a cut.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Placed {
    /// Its label.
    pub pack: String,
    /// Identifies its contents, see [`Listed::fingerprint`].
    pub fingerprint: String,
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
        let counts = pieces(&groups, shards);
        let numbered = groups.iter().zip(counts).enumerate();
        let pieces = numbered.flat_map(|(number, (group, count))| {
            let pieces = group.divided(packs, count);
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
        let mut places = vec![(0, 0); packs.len()];
        for (group, piece) in pieces {
            let Some((load, shard)) = lightest.pop_first() else {
                continue;
            };
            lightest.insert((load.saturating_add(piece.weight), shard));
            for at in piece.packs {
                places[at] = (group, shard as u64 + 1);
            }
        }
        let placed = |(pack, (group, shard)): (&Listed, (usize, u64))| Placed {
            pack: pack.label.clone(),
            fingerprint: pack.fingerprint.clone(),
            weight: PACK_WEIGHT + bytes(&pack.components),
            group: group + 1,
            shard,
        };
        let mut shards: BTreeMap<u64, (usize, BTreeSet<&Component>)> = BTreeMap::new();
        for (pack, (_, shard)) in packs.iter().zip(&places) {
            let (count, components) = shards.entry(*shard).or_default();
            *count += 1;
            components.extend(&pack.components);
        }
        let weights = shards.into_iter();
        let weights = weights.map(|(shard, (count, all))| (shard, weight(count, bytes(all))));
        Self {
            count,
            packs: packs.iter().zip(places).map(placed).collect(),
            weights: weights.collect(),
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
            _ = writeln!(
                listing,
                "{} {} {}",
                pack.fingerprint, pack.weight, pack.pack
            );
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
    /// The components, each with the number of packs that have it.
    components: BTreeMap<Component, usize>,
    weight: u64,
    /// Bytes of the components that several packs have.
    shared: u64,
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
    let groups = groups.into_values();
    let mut groups: Vec<Group> = groups.map(|members| Group::of(packs, members)).collect();
    groups.sort_by_key(|group| group.packs.iter().map(|at| &packs[*at].label).min());
    groups
}

/// The number of pieces into which each group is divided among `shards` shards.
fn pieces(groups: &[Group], shards: usize) -> Vec<usize> {
    let total = groups
        .iter()
        .fold(0u64, |sum, g| sum.saturating_add(g.weight));
    let mean = (total / shards as u64).max(1);
    let mut budget = total / OF_RUN;
    let mut order: Vec<usize> = (0..groups.len()).collect();
    // Those first of which dividing adds the smallest part.
    order.sort_by_key(|at| {
        let group = &groups[*at];
        (u128::from(group.shared) << 32) / u128::from(group.weight.max(1))
    });
    let mut pieces = vec![1; groups.len()];
    for at in order {
        let group = &groups[at];
        let most = shards.saturating_mul(PIECES).min(group.packs.len());
        let repeated = shards.min(group.packs.len()) - 1;
        let added = group.shared.saturating_mul(repeated as u64);
        pieces[at] = if added <= (group.weight / OF_GROUP).min(budget) {
            budget -= added;
            most
        } else if group.weight > mean {
            let halves = group.weight.saturating_mul(2).div_ceil(mean);
            most.min(usize::try_from(halves).unwrap_or(usize::MAX))
        } else {
            1
        };
    }
    pieces
}

impl Group {
    fn of(packs: &[Listed], mut members: Vec<usize>) -> Self {
        members.sort_by(|a, b| {
            let (a, b) = (&packs[*a], &packs[*b]);
            let largest_first = b.components.iter().rev().cmp(a.components.iter().rev());
            largest_first.then(a.label.cmp(&b.label))
        });
        let mut components: BTreeMap<Component, usize> = BTreeMap::new();
        for component in members.iter().flat_map(|at| &packs[*at].components) {
            *components.entry(*component).or_default() += 1;
        }
        let shared = components.iter().filter(|(_, count)| **count > 1);
        Self {
            weight: weight(members.len(), bytes(components.keys())),
            shared: bytes(shared.map(|(component, _)| component)),
            packs: members,
            components,
        }
    }

    /// The group in `pieces` pieces of neighbours which weigh about alike.
    fn divided(&self, packs: &[Listed], pieces: usize) -> Vec<Piece> {
        // What all pieces have to compile moves no boundary between them.
        let everywhere = |c: &Component| self.components.get(c) == Some(&self.packs.len());
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
