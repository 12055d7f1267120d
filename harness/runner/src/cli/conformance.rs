//! `conformance`.

use super::print;
use crate::discover::{Marker, PackRef, discover};
use crate::events::{Event, EventLog};
use crate::exit::{Error, Exit, show};
use crate::expectations::Expectations;
use crate::files;
use crate::fold::Run;
use crate::reports::{console, html, json, junit, markdown, sarif};
use crate::run::{Options, run as examine_all};
use clap::ValueEnum;
use provision_core::Limits;
use provision_core::integrity::signature::TrustedKey;
use provision_core::manifest;
use provision_core::pack::digest;
use provision_exec::WasmtimeExecutor;
use provision_oracle::{Conditions, Level};
use std::path::PathBuf;
use std::str::FromStr;

#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Packs, and folders that are searched for packs.
    #[arg(long, required = true, num_args = 1..)]
    packs: Vec<PathBuf>,
    /// Write the JSON report here.
    #[arg(long)]
    report: Option<PathBuf>,
    /// Write a JUnit file here.
    #[arg(long)]
    junit: Option<PathBuf>,
    /// Write a SARIF 2.1.0 file here.
    #[arg(long)]
    sarif: Option<PathBuf>,
    /// Write a self-contained HTML page here.
    #[arg(long)]
    html: Option<PathBuf>,
    /// Write a Markdown summary here.
    #[arg(long)]
    markdown: Option<PathBuf>,
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
    /// All good practice besides.
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

#[derive(Debug, Clone, Copy)]
struct Shard {
    index: u64,
    count: u64,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text
            .split_once('/')
            .and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((index, count)) if 1 <= index && index <= count => Ok(Self { index, count }),
            _ => Err("a shard is I/N with 1 ≤ I ≤ N, for example 2/5".into()),
        }
    }
}

impl Shard {
    /// By a hash of the label, so that a new pack moves no other one.
    fn has(self, pack: &PackRef) -> bool {
        let digest = digest(pack.label.as_bytes());
        let number = u64::from_str_radix(&digest[..15], 16).unwrap_or_default();
        number % self.count == self.index - 1
    }
}

pub(super) fn run(args: &Args) -> Result<Exit, Error> {
    let trusted = trusted(&args.trust)?;
    if args.live {
        anstream::eprintln!("warning: --live changes nothing; conformance always runs dry");
    }
    let packs = select(args)?;
    if packs.is_empty() {
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
        return Ok(Exit::Nothing);
    }
    let expectations = expectations(args)?;
    // Creates the output folder, where reports may be asked for as well.
    let log = EventLog::create(&args.out.join("events.jsonl"))?;
    for path in args.reports().into_iter().flatten() {
        files::check_writable(path)?;
    }
    let limits = Limits::default();
    let executor = executor(args, &limits)?;
    let options = Options {
        level: args.profile.level(),
        trust: args.trust.clone(),
        filter: args.filter.clone(),
        conditions: Conditions {
            limits,
            trusted,
            ..Conditions::default()
        },
        artifacts: args.out.join("artifacts"),
        jobs: jobs(args),
        expectations,
        complete: args.filter.is_none() && !args.is_part(),
    };
    let done = examine_all(&packs, &executor, &options, &log);
    finish(args, log, done)
}

/// The profile `strict` compares compilers, the others need one.
fn executor(args: &Args, limits: &Limits) -> Result<WasmtimeExecutor, Error> {
    Ok(match args.profile.level() {
        Level::Should => WasmtimeExecutor::with_all_compilers(&limits.step)?,
        Level::Must | Level::Publish => WasmtimeExecutor::new(&limits.step)?,
    })
}

impl Args {
    /// Whether the flags leave packs out.
    fn is_part(&self) -> bool {
        self.provider.is_some() || self.shard.is_some()
    }

    /// Where reports were asked for.
    fn reports(&self) -> [Option<&PathBuf>; 5] {
        let Self {
            report,
            junit,
            sarif,
            html,
            markdown,
            ..
        } = self;
        [report, junit, sarif, html, markdown].map(Option::as_ref)
    }
}

fn write_reports(args: &Args, run: &Run) -> Result<(), Error> {
    let [report, junit, sarif, html, markdown] = args.reports();
    if let Some(path) = report {
        files::write(path, &files::pretty(&json::report(run))?)?;
    }
    if let Some(path) = junit {
        files::write(path, &junit::of_run(run)?)?;
    }
    if let Some(path) = sarif {
        files::write(path, &files::pretty(&sarif::report(run))?)?;
    }
    if let Some(path) = html {
        files::write(path, html::report(run).as_bytes())?;
    }
    if let Some(path) = markdown {
        files::write(path, markdown::report(run).as_bytes())?;
    }
    Ok(())
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

/// The keys in the PEM files at `paths`.
pub(super) fn trusted(paths: &[PathBuf]) -> Result<Vec<TrustedKey>, Error> {
    let key = |path: &PathBuf| {
        let bad = |why: String| Error::Usage(format!("trusted key {}: {why}", show(path)));
        let text = std::fs::read_to_string(path).map_err(|e| bad(e.to_string()))?;
        TrustedKey::from_pem(&text).map_err(bad)
    };
    paths.iter().map(key).collect()
}

fn jobs(args: &Args) -> usize {
    let processors = || std::thread::available_parallelism().map_or(1, usize::from);
    args.jobs.map_or_else(processors, usize::from)
}

fn select(args: &Args) -> Result<Vec<PackRef>, Error> {
    let mut packs = discover(&args.packs, Marker::Manifest)?;
    if let Some(provider) = &args.provider {
        packs.retain(|p| {
            let stem = p.path.file_stem().map(|s| s.to_string_lossy().into_owned());
            stem.as_deref() == Some(provider) || p.label == *provider
        });
    }
    if let Some(shard) = args.shard {
        packs.retain(|p| shard.has(p));
    }
    Ok(packs)
}

/// Reports are written whatever happened; what went wrong then decides.
fn finish(args: &Args, log: EventLog, done: Result<(), Error>) -> Result<Exit, Error> {
    let mut run = Run::fold(log.events());
    if args.filter.is_some() {
        // Packs of which nothing was selected were not judged.
        run.packs.retain(|p| !p.checks.is_empty());
    }
    let exit = match &done {
        Ok(()) => run.exit(),
        Err(error) => error.exit(),
    };
    log.emit(Event::RunFinished {
        exit_code: exit as u8,
    });
    print(&console::report(&run))?;
    write_reports(args, &run)?;
    done?;
    log.finish()?;
    if exit == Exit::Nothing {
        anstream::eprintln!("error: not everything that had to be judged could be judged");
    }
    Ok(exit)
}
