//! The command `trace check`.

mod aids;

use super::canaries;
use super::conformance::{expectations, now};
use super::ending::Ending;
use super::parsed::positive;
use super::profile::Profile;
use crate::discover::{PackRef, say_skipped};
use crate::events::{ConfigFile, Event, EventLog, RunKind};
use crate::evidence::quoted;
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::out_folder::OutFolder;
use crate::progress::Progress;
use crate::read_file;
use crate::recordings::{self, Options, find, list, started};
use crate::reports::Wanted;
use crate::reports::console::Layout;
use crate::shard::cut::Cut;
use crate::shard::{Part, ShardChoice};
use provision_core::pack::digest;
use provision_core::text::inert;
use provision_oracle::{Level, checks};
use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Recordings, and folders to search for files whose names end with .json, .jsonl or
    /// .ndjson; `-` is the standard input.
    #[arg(required = true)]
    files: Vec<PathBuf>,
    #[command(flatten)]
    packs: aids::PackFlags,
    #[command(flatten)]
    reports: Wanted,
    /// A TOML file of expected failures, as for `conformance`; `pack` names a recording as
    /// reports do.
    #[arg(long)]
    expectations: Option<PathBuf>,
    /// The levels of checks that a recording must pass.
    #[arg(long, default_value = "core")]
    profile: Profile,
    /// Judge only checks whose name `recording-name::recording::check` contains this text.
    #[arg(long)]
    filter: Option<String>,
    /// Judge without the check of this id, for example because the format of the recordings
    /// cannot show what it requires; may be given more than once. Every report says so.
    #[arg(long, value_name = "CHECK")]
    without: Vec<String>,
    /// A file of values that no recording may show, for example the secrets and the answers of
    /// the runs: a JSON object of names and values, a JSON array, or one value a line.
    #[arg(long, value_name = "FILE")]
    canary: Option<PathBuf>,
    /// Judge only part I of N parts of the recordings; `auto` reads I and N from the
    /// variables that Kubernetes, Slurm and other engines set.
    #[arg(long, value_name = "I/N|auto")]
    shard: Option<ShardChoice>,
    /// The number of recordings to judge at once; by default one per processor.
    #[arg(long, value_parser = positive)]
    jobs: Option<NonZeroUsize>,
    /// The output folder, for events and timings.
    #[arg(long, default_value = "reports/out")]
    out: PathBuf,
    /// Print the events as JSON lines instead of the console report.
    #[arg(long)]
    json: bool,
    /// Print all causes with all places, and every failed check with its findings.
    #[arg(long, short)]
    verbose: bool,
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let streams = ["events.jsonl", "timings.jsonl"].map(|name| args.out.join(name));
    args.reports.outputs(args.read(), &streams)?;
    let inputs = || args.read().map(PathBuf::as_path);
    args.reports.invalidate(inputs())?;
    let aids = match args.packs.open(super::jobs::bounded(args.jobs)) {
        Ok(Ok(aids)) => aids,
        Ok(Err(exit)) => {
            let why = "the pack that --pack or --replay names cannot be opened";
            args.reports.fail(inputs(), &why);
            return Ok(exit);
        }
        Err(e) => {
            args.reports.fail(inputs(), &e);
            return Err(e);
        }
    };
    let prepared = prepare(args, aids, &streams).inspect_err(|e| args.reports.fail(inputs(), e));
    match prepared? {
        Some(prepared) => judge(args, &prepared),
        None => {
            let roots: Vec<String> = args.files.iter().map(|path| show(path)).collect();
            let why = format!(
                "no recordings selected in {}: a folder is searched for files whose names end \
                 with .json, .jsonl or .ndjson, and --shard may leave all of them out; nothing \
                 was judged",
                roots.join(", ")
            );
            args.reports.fail(inputs(), &why);
            anstream::eprintln!("error: {why}");
            Ok(Exit::Nothing)
        }
    }
}

impl Args {
    /// The files that the run reads.
    fn read(&self) -> impl Iterator<Item = &PathBuf> + Clone {
        let others = self.expectations.iter().chain(&self.canary);
        let files = self.files.iter().chain(others);
        files.chain(self.packs.paths())
    }
}

/// A run whose first reports say that it was cut off.
struct Prepared {
    recordings: Vec<PackRef>,
    out: OutFolder,
    /// Keeps other runs out of the folder until this one ends.
    _lock: Option<std::fs::File>,
    log: Arc<EventLog>,
    options: Options,
}

/// Checks the flags and their files, and writes the first event and the first reports;
/// `None` if no recordings are selected.
fn prepare(
    args: &Args,
    aids: aids::Opened,
    streams: &[PathBuf],
) -> Result<Option<Prepared>, Error> {
    for id in &args.without {
        if !checks::of_recordings().any(|check| check.id == id) {
            let known: Vec<&str> = checks::of_recordings().map(|check| check.id).collect();
            let why = format!(
                "--without {}: no check of recordings; there are {}",
                inert(id, 80),
                known.join(", ")
            );
            return Err(Error::Usage(why));
        }
    }
    drop(args.reports.key()?);
    let is_part = args.filter.is_some() || args.shard.is_some();
    args.reports.check_whole(is_part)?;
    let discovered = find(&args.files)?;
    say_skipped(&discovered.skipped, "as an argument");
    let mut recordings = discovered.packs;
    let all: Vec<String> = recordings.iter().map(|r| r.label.clone()).collect();
    let part = part(args, &mut recordings)?;
    if recordings.is_empty() {
        return Ok(None);
    }
    let outputs = args.reports.outputs(args.read(), streams)?;
    outputs.apart_from(recordings.iter().map(|r| r.path.as_path()))?;
    let options = options(args, aids)?;
    let stdout = || Box::new(std::io::stdout()) as Box<dyn Write + Send>;
    let out = OutFolder::create(&args.out)?;
    let lock = out.lock()?;
    let log = EventLog::within(&out, "events.jsonl", args.json.then(stdout))?;
    for path in args.reports.paths() {
        files::check_writable(path)?;
    }
    let started = started(&recordings, &all, part.as_ref(), &options);
    log.emit(&Event::RunStarted(Box::new(started)));
    args.reports.write(&args.reports.read(log.path())?)?;
    Ok(Some(Prepared {
        recordings,
        out,
        _lock: lock,
        log: Arc::new(log),
        options,
    }))
}

/// Keeps the recordings of the shard that the flags name, if they name one.
fn part(args: &Args, recordings: &mut Vec<PackRef>) -> Result<Option<Part>, Error> {
    let variable = |name: &str| {
        let value = std::env::var_os(name);
        value.map(|value| value.to_string_lossy().into_owned())
    };
    let shard = args.shard.map(|shard| shard.shard(variable)).transpose();
    let Some(shard) = shard.map_err(|e| Error::Usage(e.to_string()))? else {
        return Ok(None);
    };
    let cut = Cut::of(&list(recordings), shard.count);
    let labels: BTreeSet<&str> = cut.labels(shard.index).collect();
    recordings.retain(|r| labels.contains(r.label.as_str()));
    let cut = cut.digests();
    Ok(Some(Part { shard, cut }))
}

fn options(args: &Args, mut given: aids::Opened) -> Result<Options, Error> {
    let level = args.profile.level();
    let mut flags = match level {
        Level::Must => String::new(),
        Level::Publish | Level::Should => format!(" --profile {}", level.profile()),
    };
    flags += &args.packs.flags();
    for id in &args.without {
        flags += &format!(" --without {id}");
    }
    if let Some(path) = &args.canary {
        given.aids.canaries = Arc::new(canaries::read(path)?);
        flags += &format!(" --canary {}", quoted(&path.to_string_lossy()));
    }
    // NB: the digest of the canaries is in no report. A short value can be guessed from it.
    let configuration = args.expectations.iter().map(|path| {
        let bytes = read_file::read(path, read_file::EXPECTATIONS)?;
        Ok(ConfigFile {
            name: "expectations".into(),
            sha256: digest(&bytes),
        })
    });
    let mut configuration: Vec<ConfigFile> = configuration.collect::<Result<_, Error>>()?;
    configuration.extend(given.configuration);
    Ok(Options {
        level,
        without: args.without.clone(),
        filter: args.filter.clone(),
        aids: given.aids,
        flags,
        jobs: super::jobs::bounded(args.jobs),
        expectations: expectations(args.expectations.as_ref())?,
        configuration,
        complete: args.filter.is_none() && args.shard.is_none(),
        now: now(),
    })
}

/// Judges the recordings and writes the reports.
fn judge(args: &Args, prepared: &Prepared) -> Result<Exit, Error> {
    let Prepared {
        recordings,
        out,
        log,
        options,
        ..
    } = prepared;
    let end = Ending {
        reports: &args.reports,
        shown: (!args.json).then(|| Layout::of(args.verbose)),
        is_quiet: false,
        out,
        log,
    };
    let ending = Arc::new(AtomicBool::new(false));
    let watch = end.watch(&ending)?;
    let progress = Progress::new(recordings.len(), RunKind::Recordings);
    recordings::run(recordings, options, log, &progress);
    ending.store(true, Ordering::SeqCst);
    drop(progress);
    let exit = end.finish(Ok(()));
    drop(watch);
    exit
}
