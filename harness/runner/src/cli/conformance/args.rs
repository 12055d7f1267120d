//! The flags of `conformance`.

use super::judging::Judging;
use super::selection::Choice;
use super::wanted::{self, WantedPacks, WantedReleases};
use super::wanted_shard::WantedShard;
use crate::cli::config::{ConfigFlags, Settings};
use crate::cli::parsed::positive;
use crate::cli::registry::RegistryFlags;
use crate::reports::Wanted;
use crate::reports::console::Layout;
use std::num::NonZeroUsize;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Args {
    /// Packs, folders to search for packs, oci://HOST/REPOSITORY:TAG (or @sha256:DIGEST, or :*
    /// for all tags, or a name that ends with * for all such repositories of the registry's
    /// catalogue), oci-layout:FOLDER[:TAG], and @FILE with one of these a line, relative to the
    /// current folder. Required, unless the file of settings names packs.
    #[arg(long, num_args = 1.., value_parser = wanted::parser())]
    pub(super) packs: Vec<WantedPacks>,
    /// Of each repository for which all tags are named, judge only the N newest versions.
    #[arg(long, value_name = "N", value_parser = positive)]
    pub(super) latest: Option<NonZeroUsize>,
    /// The releases before the packs, named as with --packs: each pack is compared with the
    /// newest lower version of its id, and one pack with one release whatever their ids are.
    /// `auto` takes the newest lower version among the tags beside each pack. The checks
    /// compare.* are of the profiles publish and strict.
    #[arg(long, num_args = 1.., value_name = "REF|auto", value_parser = wanted::releases())]
    pub(super) previous: Vec<WantedReleases>,
    #[command(flatten)]
    pub(super) config: ConfigFlags,
    #[command(flatten)]
    pub(super) registries: RegistryFlags,
    #[command(flatten)]
    pub(super) reports: Wanted,
    #[command(flatten)]
    pub(super) judging: Judging,
    /// Judge only part I of N parts of the packs; `auto` reads I and N from the variables
    /// that Kubernetes, Slurm and other engines set, and I alone takes N from `shards` of the
    /// file of settings. Every part lists all packs, and puts those together that share
    /// components.
    #[arg(long, value_name = "I[/N]|auto")]
    pub(super) shard: Option<WantedShard>,
    /// Print the packs and the part of each, and judge nothing.
    #[arg(long)]
    pub(super) list: bool,
    /// The output folder, for events, timings and artifacts.
    #[arg(long, default_value = "reports/out")]
    pub(super) out: PathBuf,
    /// Print the events as JSON lines instead of the console report; with --list, print
    /// the list as JSON.
    #[arg(long)]
    pub(super) json: bool,
    /// Print all causes with all places, and every failed check with its findings.
    #[arg(long, short)]
    pub(super) verbose: bool,
    /// Print how the run spent its time, with the slowest packs and components.
    #[arg(long)]
    pub(super) timings: bool,
    /// Ignored; old scripts may still pass it. Every run tries all answers
    /// itself.
    #[arg(long, alias = "no-recall", hide = true)]
    pub(super) no_probe_cache: bool,
    /// Ignored; old scripts may still pass it. Every run is a dry run.
    #[arg(long)]
    pub(super) live: bool,
    /// Print no report.
    #[arg(skip)]
    pub(super) is_quiet: bool,
    /// The file of settings, once it is read.
    #[arg(skip)]
    pub(super) settings: Option<Settings>,
}

impl Args {
    /// The files that the run reads, and the folders that it searches.
    pub(super) fn inputs(&self) -> impl Iterator<Item = &Path> + Clone {
        let previous = self.previous.iter().filter_map(WantedReleases::packs);
        let packs = self.packs.iter().chain(previous);
        let packs = packs.filter_map(WantedPacks::path);
        let read = packs.chain(self.judging.files());
        read.chain(self.config.path()).map(PathBuf::as_path)
    }

    pub(super) fn choice(&self) -> Choice<'_> {
        Choice {
            packs: &self.packs,
            previous: &self.previous,
            latest: self.latest.map(NonZeroUsize::get),
            registries: &self.registries,
            provider: self.judging.provider.as_deref(),
            shard: self.shard.as_ref().and_then(WantedShard::choice),
            shards: self.settings.as_ref().and_then(|s| s.config.shards),
        }
    }

    /// Whether the flags select only a part of the packs.
    pub(super) fn is_part(&self) -> bool {
        self.judging.provider.is_some() || self.shard.is_some()
    }

    /// How much of the console report to print; `None` if events are printed instead.
    pub(super) fn shown(&self) -> Option<Layout> {
        (!self.json && !self.is_quiet).then(|| Layout::of(self.verbose))
    }
}
