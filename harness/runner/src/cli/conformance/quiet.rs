//! A run of `conformance` for another command, which reports the result itself.

use super::args::Args;
use super::{judge, prepare};
use crate::cli::cache::CacheFlags;
use crate::cli::config::Settings;
use crate::cli::isolation::IsolationFlags;
use crate::exit::{Error, Exit};
use clap::Parser;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::time::Instant;

/// How a run of another command is done.
#[derive(Debug, Clone, clap::Args)]
pub(in crate::cli) struct RunFlags {
    #[command(flatten)]
    isolation: IsolationFlags,
    #[command(flatten)]
    cache: CacheFlags,
    /// The number of packs to examine at once; by default one per processor.
    #[arg(long)]
    jobs: Option<NonZeroUsize>,
}

/// The flags of a run, as a command line without any has them.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Defaults {
    #[command(flatten)]
    args: Args,
}

/// Judges what `settings` says, and leaves the events in the folder `out`. The expectations
/// are those of `expectations`, whatever the settings name.
///
/// # Errors
/// Those of the command; [`Error::Usage`] if the settings select no pack.
pub(in crate::cli) fn run(
    settings: &Settings,
    expectations: Option<PathBuf>,
    out: PathBuf,
    flags: &RunFlags,
) -> Result<Exit, Error> {
    let begun = Instant::now();
    let defaults = Defaults::try_parse_from([""; 0]);
    let Defaults { mut args } = defaults.map_err(|e| Error::Usage(e.to_string()))?;
    let RunFlags {
        isolation,
        cache,
        jobs,
    } = flags.clone();
    let judging = &mut args.judging;
    (judging.isolation, judging.cache, judging.jobs) = (isolation, cache, jobs);
    (args.out, args.is_quiet) = (out, true);
    args.complete(settings)?;
    args.judging.expectations = expectations;
    match prepare(&args)? {
        Some(prepared) => judge(&args, &prepared, begun),
        None => Err(Error::Usage(super::nothing_selected(&args))),
    }
}
