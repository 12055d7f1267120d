//! The flags of `conformance`.

use super::selection::Choice;
use super::wanted::{self, WantedPacks, WantedReleases};
use super::wanted_shard::WantedShard;
use crate::cli::cache;
use crate::cli::config::{ConfigFlags, Settings};
use crate::cli::isolation::IsolationFlags;
use crate::cli::profile::Profile;
use crate::cli::registry::RegistryFlags;
use crate::reports::Wanted;
use crate::reports::console::Detail;
use provision_oracle::Level;
use provision_oracle::normalise::Rule;
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
    #[arg(long, value_name = "N")]
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
    pub(super) isolation: IsolationFlags,
    #[command(flatten)]
    pub(super) cache: cache::CacheFlags,
    /// A TOML file of expected failures: each names a check and a code, or a cause, a place
    /// (`at`, in which `*` stands for any text) and a number of findings (`count`; 1 if left
    /// out). What is beyond these still fails.
    #[arg(long)]
    pub(super) expectations: Option<PathBuf>,
    /// Judge only the pack with this label or file name (without extension).
    #[arg(long)]
    pub(super) provider: Option<String>,
    /// The levels of checks that a pack must pass; core if neither this flag nor the file of
    /// settings says otherwise.
    #[arg(long)]
    pub(super) profile: Option<Profile>,
    /// A PEM file with a trusted Ed25519 public key or certificate; may be given
    /// more than once.
    #[arg(long, value_name = "KEY.PEM")]
    pub(super) trust: Vec<PathBuf>,
    /// A JSON file with answers to the questions of the pack, instead of its fixture's or
    /// generated ones. Only for a run of one pack.
    #[arg(long)]
    pub(super) answers: Option<PathBuf>,
    /// Compare with goldens only after what differs from run to run is replaced by numbered
    /// placeholders: timestamp, uuid, duration, path, port or digest, everywhere or at
    /// KIND=POINTER (a JSON pointer, in which `*` stands for any text). May be given more than
    /// once. A rule that replaces nothing in the whole run is stale.
    #[arg(long, value_name = "KIND[=POINTER]")]
    pub(super) normalise: Vec<Rule>,
    /// Judge only checks whose name `pack::wizard::check` contains this text.
    #[arg(long)]
    pub(super) filter: Option<String>,
    /// Judge only part I of N parts of the packs; `auto` reads I and N from the variables
    /// that Kubernetes, Slurm and other engines set, and I alone takes N from `shards` of the
    /// file of settings. Every part lists all packs, and puts those together that share
    /// components.
    #[arg(long, value_name = "I[/N]|auto")]
    pub(super) shard: Option<WantedShard>,
    /// Print the packs and the part of each, and judge nothing.
    #[arg(long)]
    pub(super) list: bool,
    /// The number of packs to examine at once; by default one per processor.
    #[arg(long)]
    pub(super) jobs: Option<NonZeroUsize>,
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
    /// Selects which answer mutations a run tries if there are too many.
    #[arg(long, default_value_t = 0)]
    pub(super) seed: u64,
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
        let read = packs.chain(&self.expectations);
        let read = read.chain(&self.trust).chain(&self.answers);
        read.chain(self.config.path()).map(PathBuf::as_path)
    }

    pub(super) fn choice(&self) -> Choice<'_> {
        Choice {
            packs: &self.packs,
            previous: &self.previous,
            latest: self.latest.map(NonZeroUsize::get),
            registries: &self.registries,
            provider: self.provider.as_deref(),
            shard: self.shard.as_ref().and_then(WantedShard::choice),
            shards: self.settings.as_ref().and_then(|s| s.config.shards),
        }
    }

    /// The last level of checks that the run requires.
    pub(super) fn level(&self) -> Level {
        self.profile.unwrap_or(Profile::Core).level()
    }

    /// Whether the flags select only a part of the packs.
    pub(super) fn is_part(&self) -> bool {
        self.provider.is_some() || self.shard.is_some()
    }

    /// How much of the console report to print; `None` if events are printed instead.
    pub(super) fn shown(&self) -> Option<Detail> {
        (!self.json && !self.is_quiet).then(|| Detail::of(self.verbose))
    }
}
