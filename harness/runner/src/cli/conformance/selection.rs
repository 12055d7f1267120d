//! Which packs a run judges: those that the flags name, and of these a shard.

use super::wanted::{Found, WantedPacks, WantedReleases, find};
use crate::cli::output::{print_bounded, print_json};
use crate::cli::registry::RegistryFlags;
use crate::discover::PackRef;
use crate::events::Shard;
use crate::exit::Error;
use crate::read_file::EVENT_PACKS;
use crate::shard::cut::Cut;
use crate::shard::listing::list;
use crate::shard::{Part, ShardChoice};
use provision_core::Limits;
use provision_core::text::counted;
use provision_registry::Registries;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

/// What the flags say of the packs of a run.
pub(super) struct Choice<'c> {
    pub(super) packs: &'c [WantedPacks],
    /// The releases that they are compared with.
    pub(super) previous: &'c [WantedReleases],
    /// Of each repository, only so many versions.
    pub(super) latest: Option<usize>,
    pub(super) registries: &'c RegistryFlags,
    pub(super) provider: Option<&'c str>,
    pub(super) shard: Option<ShardChoice>,
    /// The number of shards that a list shows if no shard is named.
    pub(super) shards: Option<u64>,
}

/// The packs of a run.
pub(super) struct Selection {
    pub(super) packs: Vec<PackRef>,
    /// The labels of the packs of all shards.
    pub(super) all: Vec<String>,
    /// The shard, if the run judges one.
    pub(super) part: Option<Part>,
    /// What asks the registries that hold some of the packs.
    pub(super) registries: Registries,
    /// The releases that the flags name one by one.
    pub(super) previous: Vec<PackRef>,
}

impl Selection {
    /// Finds the packs, and cuts them if the run judges a shard.
    pub(super) fn of(choice: &Choice<'_>, limits: &Limits) -> Result<Self, Error> {
        let Found {
            mut packs,
            registries,
            previous,
        } = found(choice)?;
        let all = packs.iter().map(|p| p.label.clone()).collect();
        let shard = shard(choice)?;
        // Without shards, the first report of the run refuses them.
        if shard.is_some() {
            check_mergeable(packs.len())?;
        }
        let part = shard.map(|shard| {
            let cut = Cut::of(&list(&packs, limits), shard.count);
            let labels: BTreeSet<&str> = cut.labels(shard.index).collect();
            packs.retain(|p| labels.contains(p.label.as_str()));
            let cut = cut.digests();
            Part { shard, cut }
        });
        Ok(Self {
            packs,
            all,
            part,
            registries,
            previous,
        })
    }
}

/// Refuses more packs than a merge accepts, before any shard judges one.
fn check_mergeable(packs: usize) -> Result<(), Error> {
    if packs <= EVENT_PACKS {
        return Ok(());
    }
    Err(Error::Usage(format!(
        "the shards of a run have at most {EVENT_PACKS} packs together, and these are {packs}; \
         make several runs, each of a part of --packs"
    )))
}

/// The packs of all shards.
fn found(choice: &Choice<'_>) -> Result<Found, Error> {
    let mut found = find(
        (choice.packs, choice.previous),
        choice.registries,
        choice.latest,
    )?;
    if let Some(provider) = choice.provider {
        found.packs.retain(|p| p.is_named(provider));
    }
    Ok(found)
}

/// The shard that the flags or the variables of an engine name.
///
/// NB: the variables are read here and nowhere else.
fn shard(choice: &Choice<'_>) -> Result<Option<Shard>, Error> {
    let variable = |name: &str| {
        let value = std::env::var_os(name);
        value.map(|value| value.to_string_lossy().into_owned())
    };
    let shard = choice.shard.map(|shard| shard.shard(variable));
    shard.transpose().map_err(|e| Error::Usage(e.to_string()))
}

/// Prints the packs and their shards, and judges nothing. Returns whether there are packs.
pub(super) fn print_cut(choice: &Choice<'_>, json: bool) -> Result<bool, Error> {
    let packs = found(choice)?.packs;
    let shard = shard(choice)?;
    if packs.is_empty() {
        return Ok(false);
    }
    let listing = list(&packs, &Limits::default());
    let count = shard.map(|shard| shard.count).or(choice.shards);
    let cut = Cut::of(&listing, count.unwrap_or(1));
    let mut counts: BTreeMap<u64, usize> = BTreeMap::new();
    for pack in &cut.packs {
        *counts.entry(pack.shard).or_default() += 1;
    }
    if json {
        let weights = cut.weights.iter();
        let shards = weights.map(|(shard, weight)| {
            json!({ "shard": shard, "packs": counts.get(shard), "weight": weight })
        });
        print_json(&json!({
            "format": 1,
            "count": cut.count,
            "shard": shard.map(|shard| shard.index),
            "cut": cut.digests(),
            "shards": shards.collect::<Vec<_>>(),
            "packs": cut.packs,
        }))?;
    } else {
        print_bounded(&shown(&cut, &counts))?;
    }
    Ok(true)
}

/// The cut as text: a line a pack, then a line a shard.
fn shown(cut: &Cut, counts: &BTreeMap<u64, usize>) -> String {
    let mut text = String::new();
    for pack in &cut.packs {
        // NB: writing to a string cannot fail.
        _ = writeln!(
            text,
            "shard {}/{}  group {}  weight {}  {}",
            pack.shard, cut.count, pack.group, pack.weight, pack.pack
        );
    }
    for (shard, weight) in &cut.weights {
        let packs = counts.get(shard).copied().unwrap_or_default();
        _ = writeln!(
            text,
            "shard {shard}/{}: {}, weight {weight}",
            cut.count,
            counted(packs, "pack", "packs")
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_packs_than_a_merge_accepts_are_refused_before_they_are_judged() {
        assert!(check_mergeable(EVENT_PACKS).is_ok());
        let refused = check_mergeable(EVENT_PACKS + 1);
        let error = refused.expect_err("too many").to_string();
        assert!(
            error.contains("100001") && error.contains("--packs"),
            "{error}"
        );
    }
}
