//! `conformance`.

use super::cache;
use super::isolation::IsolationFlags;
use super::output::print;
use crate::discover::{Marker, PackRef, discover};
use crate::events::{ConfigFile, Event, EventLog, Shard};
use crate::executors::AnyExecutor;
use crate::exit::{Error, Exit, show};
use crate::expectations::Expectations;
use crate::files;
use crate::fold::Run;
use crate::interrupt::{self, Watch};
use crate::progress::Progress;
use crate::read_file::{self, FileKind};
use crate::reports::{Wanted, console, json};
use crate::run::{Options, RunObservers, run as examine_all, started};
use crate::timings::Clock;
use clap::ValueEnum;
use provision_core::Limits;
use provision_core::integrity::DocumentError;
use provision_core::integrity::signature::TrustedKey;
use provision_core::manifest;
use provision_core::pack::digest;
use provision_exec::{CompileCache, Compilers};
use provision_oracle::{Conditions, Level};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packs, and folders that are searched for packs.
    #[arg(long, required = true, num_args = 1..)]
    packs: Vec<PathBuf>,
    #[command(flatten)]
    reports: Wanted,
    #[command(flatten)]
    isolation: IsolationFlags,
    #[command(flatten)]
    cache: cache::CacheFlags,
    /// A TOML file of failures that are expected.
    #[arg(long)]
    expectations: Option<PathBuf>,
    /// Only the pack whose file name (without ending) or label is this.
    #[arg(long)]
    provider: Option<String>,
    /// Which checks a pack is held to.
    #[arg(long, default_value = "core")]
    profile: Profile,
    /// A PEM file with an Ed25519 public key or certificate whose signatures
    /// count; may be given more than once.
    #[arg(long, value_name = "KEY.PEM")]
    trust: Vec<PathBuf>,
    /// Only checks whose name `pack::wizard::check` contains this.
    #[arg(long)]
    filter: Option<String>,
    /// Only the i-th of n parts of the packs; a pack's part depends on its
    /// label alone.
    #[arg(long, value_name = "I/N")]
    shard: Option<Shard>,
    /// Packs that are examined at once; by default one a processor.
    #[arg(long)]
    jobs: Option<std::num::NonZeroUsize>,
    /// Where events and artifacts go.
    #[arg(long, default_value = "reports/out")]
    out: PathBuf,
    /// Print the events as JSON lines instead of the report for people.
    #[arg(long)]
    json: bool,
    /// Print where the run's time went, with the slowest packs and components.
    #[arg(long)]
    timings: bool,
    /// Accepted for old scripts, and without effect: every run tries all
    /// answers itself.
    #[arg(long, alias = "no-recall", hide = true)]
    no_probe_cache: bool,
    /// Decides which answers are tried where not all can be.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Accepted for old scripts: conformance always runs dry.
    #[arg(long)]
    live: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Profile {
    /// Every check that each pack must pass.
    Core,
    /// What a pack must pass to be published.
    Publish,
    /// Good practice as well.
    Strict,
}

impl Profile {
    /// The level up to which it requires checks.
    fn level(self) -> Level {
        match self {
            Self::Core => Level::Must,
            Self::Publish => Level::Publish,
            Self::Strict => Level::Should,
        }
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let begun = Instant::now();
    let trusted = trusted(&args.trust)?;
    if args.live {
        anstream::eprintln!("warning: --live changes nothing; conformance always runs dry");
    }
    let (packs, all) = select(args)?;
    if packs.is_empty() {
        nothing_selected(args);
        return Ok(Exit::Nothing);
    }
    let expectations = expectations(args)?;
    let read = args.expectations.iter().chain(&args.trust);
    args.reports.check_apart(read.map(PathBuf::as_path))?;
    // Creates the output folder, where reports may be asked for as well.
    let also: Option<Box<dyn Write + Send>> = if args.json {
        Some(Box::new(std::io::stdout()))
    } else {
        None
    };
    let log = Arc::new(EventLog::create(&args.out.join("events.jsonl"), also)?);
    for path in args.reports.paths() {
        files::check_writable(path)?;
    }
    let limits = Limits::default();
    let cache = args.cache.open()?;
    let executor = executor(args, &limits, cache.as_ref())?;
    let options = options(args, limits, trusted, expectations)?;
    let started = started(&packs, &all, args.shard, &options);
    log.emit(&Event::RunStarted(Box::new(started)));
    // From now on there are reports, even if this process is killed; what
    // an earlier run left would be taken for this one's.
    args.reports.write(&args.reports.read(log.path())?)?;
    let ending = Arc::new(AtomicBool::new(false));
    let watch = watch(args, &log, &ending)?;
    let (progress, clock) = (Progress::new(packs.len()), Clock::default());
    let observers = RunObservers {
        log: &log,
        progress: &progress,
        clock: &clock,
    };
    let done = examine_all(&packs, &executor, &options, observers);
    ending.store(true, Ordering::SeqCst);
    drop(progress);
    let reporting = Instant::now();
    let exit = finish(args, &log, done);
    drop(watch);
    if args.timings {
        let compile_stats = executor.compile_stats();
        let timings = clock.report(&compile_stats, reporting.elapsed(), begun.elapsed());
        // What is on standard output may be for machines.
        anstream::eprint!("{timings}");
    }
    exit
}

fn options(
    args: &Args,
    limits: Limits,
    trusted: Vec<TrustedKey>,
    expectations: Option<Expectations>,
) -> Result<Options, Error> {
    let level = args.profile.level();
    Ok(Options {
        level,
        trust: args.trust.clone(),
        filter: args.filter.clone(),
        conditions: Conditions {
            limits,
            trusted,
            seed: args.seed,
            second_runs: level >= Level::Should,
            ..Conditions::default()
        },
        artifacts: args.out.join("artifacts"),
        jobs: jobs(args),
        expectations,
        configuration: configuration(args)?,
        complete: args.filter.is_none() && !args.is_part(),
    })
}

fn nothing_selected(args: &Args) {
    let roots: Vec<String> = args.packs.iter().map(|p| show(p)).collect();
    anstream::eprintln!(
        "error: no packs selected in {}: a pack is a .gtpack file or a folder with one of \
         {}{}; nothing was judged",
        roots.join(", "),
        manifest::FILE_NAMES.join(", "),
        if args.is_part() {
            ", and --provider or --shard may leave all of them out"
        } else {
            ""
        },
    );
}

/// The profile `strict` compares compilers, the others need one.
fn executor(
    args: &Args,
    limits: &Limits,
    cache: Option<&Arc<CompileCache>>,
) -> Result<AnyExecutor, Error> {
    let compilers = match args.profile.level() {
        Level::Should => Compilers::All,
        Level::Must | Level::Publish => Compilers::One,
    };
    let place = args.isolation.place()?;
    place.steps(limits, compilers, cache, jobs(args))
}

impl Args {
    /// Whether the flags leave packs out.
    fn is_part(&self) -> bool {
        self.provider.is_some() || self.shard.is_some()
    }
}

fn expectations(args: &Args) -> Result<Option<Expectations>, Error> {
    let Some(path) = &args.expectations else {
        return Ok(None);
    };
    let today = time::OffsetDateTime::now_utc().date();
    let expectations = Expectations::load(path, today)?;
    for ending in expectations.ending() {
        anstream::eprintln!("warning: {ending}");
    }
    Ok(Some(expectations))
}

/// The digests of the files other than packs that decide the result.
fn configuration(args: &Args) -> Result<Vec<ConfigFile>, Error> {
    let expectations = args.expectations.iter();
    let expectations = expectations.map(|path| ("expectations", read_file::EXPECTATIONS, path));
    let trusted = args.trust.iter();
    let trusted = trusted.map(|path| ("trust", read_file::TRUSTED_KEY, path));
    let file = |(name, kind, path): (&str, FileKind, &PathBuf)| {
        let bytes = read_file::read(path, kind)?;
        Ok(ConfigFile {
            name: name.to_owned(),
            sha256: digest(&bytes),
        })
    };
    expectations.chain(trusted).map(file).collect()
}

/// The keys in the PEM files at `paths`.
pub(super) fn trusted(paths: &[PathBuf]) -> Result<Vec<TrustedKey>, Error> {
    let key = |path: &PathBuf| {
        let bad = |why: DocumentError| Error::Usage(format!("trusted key {}: {why}", show(path)));
        let text = read_file::read_text(path, read_file::TRUSTED_KEY).map_err(Error::File)?;
        TrustedKey::from_pem(&text).map_err(bad)
    };
    paths.iter().map(key).collect()
}

fn jobs(args: &Args) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map_or_else(processors, usize::from)
}

/// The packs of this run, and the labels of those of all shards.
fn select(args: &Args) -> Result<(Vec<PackRef>, Vec<String>), Error> {
    let mut packs = discover(&args.packs, Marker::Manifest)?;
    if let Some(provider) = &args.provider {
        packs.retain(|p| {
            let stem = p.path.file_stem().map(|s| s.to_string_lossy().into_owned());
            stem.as_deref() == Some(provider) || p.label == *provider
        });
    }
    let all = packs.iter().map(|p| p.label.clone()).collect();
    if let Some(shard) = args.shard {
        packs.retain(|p| shard.has(p));
    }
    Ok((packs, all))
}

/// Watches for the signals that end the run. It does not wait for work that is not
/// done in time, except for reports that are being written.
fn watch(args: &Args, log: &Arc<EventLog>, ending: &Arc<AtomicBool>) -> Result<Watch, Error> {
    let (reports, log, ending) = (args.reports.clone(), Arc::clone(log), Arc::clone(ending));
    let quiet = args.json;
    let late = move |signal: &'static str| {
        let may_end = !ending.load(Ordering::SeqCst);
        if may_end && let Err(e) = interrupted(&reports, &log, signal, quiet) {
            anstream::eprintln!("error: {e}");
        }
        may_end
    };
    let error = |e| Error::io("listen for", Path::new("signals"), e);
    interrupt::watch(late).map_err(error)
}

/// Reports of a run that `signal` has ended.
fn interrupted(reports: &Wanted, log: &EventLog, signal: &str, quiet: bool) -> Result<(), Error> {
    log.emit(&Event::RunInterrupted {
        signal: signal.to_owned(),
    });
    let run = reports.read(log.path())?.cut_by(signal);
    if !quiet {
        console::report(&run, print)?;
    }
    reports.write(&run)?;
    anstream::eprintln!("error: interrupted by {signal}; what the run did not come to is an error");
    log.finish()
}

/// Reports are written whatever happened; what went wrong then decides.
fn finish(args: &Args, log: &EventLog, done: Result<(), Error>) -> Result<Exit, Error> {
    let path = log.path().to_owned();
    if let Some(signal) = interrupt::asked() {
        interrupted(&args.reports, log, signal, args.json)?;
        return Ok(Exit::Harness);
    }
    let exit = match &done {
        Ok(()) => None,
        Err(error) => Some(error.exit()),
    };
    let so_far = args.reports.read(&path)?;
    log.emit(&Event::RunFinished {
        exit_code: exit.unwrap_or_else(|| so_far.exit()) as u8,
    });
    log.finish()?;
    // NB: not read once more; thousands of packs have millions of lines.
    let run = so_far.ended();
    args.reports.write(&run)?;
    tell(args, &run)?;
    done?;
    let exit = run.exit();
    if exit == Exit::Nothing {
        anstream::eprintln!("error: not everything that had to be judged could be judged");
    }
    Ok(exit)
}

/// Tells people of `run`, and writes where its time went: in one go, because
/// both look at each event.
fn tell(args: &Args, run: &Run) -> Result<(), Error> {
    let timings = args.out.join("timings.jsonl");
    files::write_with(&timings, |out| {
        run.each(|pack| {
            if !args.json {
                print(&console::one(run, pack))?;
            }
            let line = json::timing(pack);
            writeln!(out, "{line}").map_err(|e| Error::io("write", &timings, e))
        })
    })?;
    if args.json {
        return Ok(());
    }
    print(&console::summary(run))
}
