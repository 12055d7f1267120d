//! [`Judging`]: the flags that decide how packs are judged, whatever names the packs and
//! writes the reports.

use crate::cli::cache;
use crate::cli::isolation::IsolationFlags;
use crate::cli::parsed::positive;
use crate::cli::profile::Profile;
use provision_oracle::Level;
use provision_oracle::normalise::Rule;
use std::num::NonZeroUsize;
use std::path::PathBuf;

/// How packs are judged.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct Judging {
    #[command(flatten)]
    pub(in crate::cli) isolation: IsolationFlags,
    #[command(flatten)]
    pub(in crate::cli) cache: cache::CacheFlags,
    /// A TOML file of expected failures: each names a check and a code, or a cause, a place
    /// (`at`, in which `*` stands for any text) and a number of findings (`count`; 1 if left
    /// out). What is beyond these still fails.
    #[arg(long)]
    pub(in crate::cli) expectations: Option<PathBuf>,
    /// Judge only the pack with this label or file name (without extension).
    #[arg(long)]
    pub(in crate::cli) provider: Option<String>,
    /// The levels of checks that a pack must pass; core if neither this flag nor the file of
    /// settings says otherwise.
    #[arg(long)]
    pub(in crate::cli) profile: Option<Profile>,
    /// A PEM file with a trusted Ed25519 public key or certificate; may be given
    /// more than once.
    #[arg(long, value_name = "KEY.PEM")]
    pub(in crate::cli) trust: Vec<PathBuf>,
    /// A JSON file with answers to the questions of the pack, instead of its fixture's or
    /// generated ones. Only for a run of one pack.
    #[arg(long)]
    pub(in crate::cli) answers: Option<PathBuf>,
    /// Compare with goldens only after what differs from run to run is replaced by numbered
    /// placeholders: timestamp, uuid, duration, path, port or digest, everywhere or at
    /// KIND=POINTER (a JSON pointer, in which `*` stands for any text). May be given more than
    /// once. A rule that replaces nothing in the whole run is stale.
    #[arg(long, value_name = "KIND[=POINTER]")]
    pub(in crate::cli) normalise: Vec<Rule>,
    /// Judge only checks whose name `pack::wizard::check` contains this text.
    #[arg(long)]
    pub(in crate::cli) filter: Option<String>,
    /// The number of packs to examine at once; by default one per processor.
    #[arg(long, value_parser = positive)]
    pub(in crate::cli) jobs: Option<NonZeroUsize>,
    /// Selects which answer mutations a run tries if there are too many.
    #[arg(long, default_value_t = 0)]
    pub(in crate::cli) seed: u64,
}

impl Judging {
    /// The last level of checks that a run requires.
    pub(in crate::cli) fn level(&self) -> Level {
        self.profile.unwrap_or(Profile::Core).level()
    }

    /// The files that decide the result.
    pub(in crate::cli) fn files(&self) -> impl Iterator<Item = &PathBuf> + Clone {
        let files = self.expectations.iter().chain(&self.trust);
        files.chain(&self.answers)
    }
}
