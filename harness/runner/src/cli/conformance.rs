//! The command `conformance`.

mod args;
mod judging;
pub(super) mod quiet;
mod releases;
mod selection;
pub(super) mod settings;
pub(super) mod wanted;
mod wanted_shard;

use super::config::Settings;
use super::dry_run;
use super::ending::Ending;
use crate::discover::PackRef;
use crate::events::{ConfigFile, Event, EventLog, RunKind};
use crate::executors::AnyExecutor;
use crate::exit::{Error, Exit, show};
use crate::expectations::{Expectations, UNFILLED};
use crate::files;
use crate::out_folder::OutFolder;
use crate::progress::Progress;
use crate::read_file::{self, FileKind};
use crate::run::{Options, RunObservers, run as examine_all, started};
use crate::timings::Clock;
pub(super) use args::Args;
pub(super) use judging::Judging;
use provision_core::Limits;
use provision_core::integrity::DocumentError;
use provision_core::integrity::signature::TrustedKey;
use provision_core::manifest;
use provision_core::pack::digest;
use provision_core::text::counted;
use provision_exec::Compilers;
use provision_oracle::normalise::Rules;
use provision_oracle::{Conditions, Level};
use provision_registry::Registries;
use selection::Selection;
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;
use wanted::WantedPacks;

pub(super) fn run(mut args: Args) -> Result<Exit, Error> {
    let settled = args.settle();
    let args = &args;
    if args.list {
        settled?;
        return list(args);
    }
    let begun = Instant::now();
    // An output that is another one, or an input, is left as it is.
    outputs(args)?;
    // NB: before anything else can fail: a reader of the reports would take those of an earlier
    // run for the results of this one.
    args.reports.invalidate(args.inputs())?;
    let prepared = settled
        .and_then(|()| prepare(args))
        .inspect_err(|e| args.reports.fail(args.inputs(), e));
    let Some(prepared) = prepared? else {
        let why = nothing_selected(args);
        args.reports.fail(args.inputs(), &why);
        anstream::eprintln!("error: {why}");
        return Ok(Exit::Nothing);
    };
    judge(args, &prepared, begun)
}

/// Prints which packs a run judges, and in which shards.
fn list(args: &Args) -> Result<Exit, Error> {
    if args.reports.paths().next().is_some() {
        let why = "--list judges nothing, so it cannot write a report; leave out either";
        return Err(Error::Usage(why.into()));
    }
    if selection::print_cut(&args.choice(), args.json)? {
        return Ok(Exit::Conforms);
    }
    anstream::eprintln!("error: {}", nothing_selected(args));
    Ok(Exit::Nothing)
}

/// The streams that a run writes into its output folder.
fn streams(args: &Args) -> [PathBuf; 2] {
    ["events.jsonl", "timings.jsonl"].map(|name| args.out.join(name))
}

/// The files that a run reads, packs left out.
fn read(args: &Args) -> impl Iterator<Item = &PathBuf> {
    args.judging.files().chain(args.config.path())
}

/// Refuses outputs that are the same file, or a file that is read.
fn outputs(args: &Args) -> Result<(), Error> {
    args.reports.outputs(read(args), &streams(args)).map(drop)
}

/// A run whose first reports say that it was cut off.
struct Prepared {
    packs: Vec<PackRef>,
    out: OutFolder,
    /// Keeps other runs out of the folder until this one ends.
    _lock: Option<File>,
    log: Arc<EventLog>,
    executor: AnyExecutor,
    options: Options,
}

/// Checks the flags and their files, and writes the first event and the first reports;
/// `None` if no packs are selected.
fn prepare(args: &Args) -> Result<Option<Prepared>, Error> {
    let judging = &args.judging;
    let trusted = trusted(&judging.trust)?;
    drop(args.reports.key()?);
    if args.live {
        anstream::eprintln!("warning: --live is ignored; conformance always is a dry run");
    }
    let is_part = judging.filter.is_some() || args.shard.is_some();
    args.reports.check_whole(is_part)?;
    let limits = Limits::default();
    let Selection {
        packs,
        all,
        part,
        registries,
        previous,
    } = Selection::of(&args.choice(), &limits)?;
    if packs.is_empty() {
        return Ok(None);
    }
    check_answers(judging, packs.len())?;
    let expectations = if args.is_quiet {
        loaded(judging.expectations.as_ref())?
    } else {
        expectations(judging.expectations.as_ref())?
    };
    let streams = streams(args);
    let outputs = args.reports.outputs(read(args), &streams)?;
    outputs.apart_from_packs(&packs)?;
    // The output folder comes before the check of
    // the report paths, because these may be in that folder.
    let stdout = || Box::new(std::io::stdout()) as Box<dyn Write + Send>;
    let also = args.json.then(stdout);
    let out = OutFolder::create(&args.out)?;
    let lock = out.lock()?;
    let log = Arc::new(EventLog::within(&out, "events.jsonl", also)?);
    for path in args.reports.paths() {
        files::check_writable(path)?;
    }
    let executor = executor(judging, &limits)?;
    let artifacts = out.own_folder("artifacts")?;
    let mut options = options(judging, limits, (trusted, expectations), artifacts)?;
    options.registries = registries;
    options.release_flags = releases::flags(&args.previous);
    options.config_flags = args.config.flags();
    let settings = args.settings.iter().map(Settings::digest);
    options.configuration.extend(settings);
    options.complete = judging.filter.is_none() && !args.is_part();
    options.compare_with(args, (&packs, all.len()), &previous)?;
    let started = started(&packs, &all, part.as_ref(), &options);
    log.emit(&Event::RunStarted(Box::new(started)));
    // Writes reports before the first pack: if the process is killed, the
    // reports say that the run was cut off, and do not show an earlier run.
    args.reports.write(&args.reports.read(log.path())?)?;
    Ok(Some(Prepared {
        packs,
        out,
        _lock: lock,
        log,
        executor,
        options,
    }))
}

/// Refuses `--answers` for several packs.
pub(super) fn check_answers(judging: &Judging, packs: usize) -> Result<(), Error> {
    if judging.answers.is_none() || packs <= 1 {
        return Ok(());
    }
    let message = format!(
        "--answers is for one pack, and {packs} are selected; name one with --packs or --provider"
    );
    Err(Error::Usage(message))
}

/// Examines the packs and writes the reports.
fn judge(args: &Args, prepared: &Prepared, begun: Instant) -> Result<Exit, Error> {
    let Prepared {
        packs,
        out,
        log,
        executor,
        options,
        ..
    } = prepared;
    let end = Ending {
        reports: &args.reports,
        shown: args.shown(),
        is_quiet: args.is_quiet,
        out,
        log,
    };
    let ending = Arc::new(AtomicBool::new(false));
    let watch = end.watch(&ending)?;
    let (progress, clock) = (Progress::new(packs.len(), RunKind::Packs), Clock::default());
    let observers = RunObservers {
        log,
        progress: &progress,
        clock: &clock,
    };
    let done = examine_all(packs, executor, options, observers);
    ending.store(true, Ordering::SeqCst);
    drop(progress);
    let reporting = Instant::now();
    let exit = end.finish(done);
    drop(watch);
    if args.timings {
        let compile_stats = executor.compile_stats();
        let timings = clock.report(&compile_stats, reporting.elapsed(), begun.elapsed());
        // NB: not to standard output, which a script may parse.
        anstream::eprint!("{timings}");
    }
    exit
}

/// The options of a run over whole packs of this machine, compared with no releases.
pub(super) fn options(
    judging: &Judging,
    limits: Limits,
    (trusted, expectations): (Vec<TrustedKey>, Option<Expectations>),
    artifacts: OutFolder,
) -> Result<Options, Error> {
    let level = judging.level();
    let answers = judging.answers.as_deref();
    let answers = answers.map(|path| dry_run::answers(path, &limits));
    Ok(Options {
        level,
        trust: judging.trust.clone(),
        answers: judging.answers.clone(),
        filter: judging.filter.clone(),
        conditions: Conditions {
            limits,
            trusted,
            seed: judging.seed,
            answers: answers.transpose()?,
            now: now(),
            drafts: level < Level::Publish,
            second_runs: level >= Level::Should,
            normalise: Arc::new(Rules::new(judging.normalise.clone())),
            ..Conditions::default()
        },
        artifacts,
        registries: Registries::default(),
        releases: None,
        release_flags: String::new(),
        config_flags: "",
        jobs: super::jobs::bounded(judging.jobs),
        expectations,
        configuration: configuration(judging)?,
        complete: judging.filter.is_none(),
    })
}

impl Options {
    /// Compares each pack with the one of the `previous` releases that comes before it.
    fn compare_with(
        &mut self,
        args: &Args,
        (packs, all): (&[PackRef], usize),
        previous: &[PackRef],
    ) -> Result<(), Error> {
        let found = releases::Found {
            wanted: &args.previous,
            packs,
            all,
            previous,
        };
        let releases = releases::of(&found, &self.registries, &self.conditions, self.level)?;
        self.configuration
            .extend(releases.iter().map(|releases| ConfigFile {
                name: "previous".into(),
                sha256: releases.digest().to_owned(),
            }));
        self.releases = releases;
        Ok(())
    }
}

/// Why a run has no packs.
fn nothing_selected(args: &Args) -> String {
    let roots: Vec<String> = args.packs.iter().map(WantedPacks::shown).collect();
    format!(
        "no packs selected in {}: a pack is a .gtpack file or a folder with one of \
         {}{}; nothing was judged; name other packs with --packs",
        roots.join(", "),
        manifest::FILE_NAMES.join(", "),
        if args.is_part() {
            ", and --provider or --shard may leave all of them out"
        } else {
            ""
        },
    )
}

/// Makes the executor. Only the profile `strict` compares compilers.
pub(super) fn executor(judging: &Judging, limits: &Limits) -> Result<AnyExecutor, Error> {
    let cache = judging.cache.open()?;
    let compilers = match judging.level() {
        Level::Should => Compilers::All,
        Level::Must | Level::Publish => Compilers::One,
    };
    let place = judging.isolation.place()?;
    let jobs = super::jobs::bounded(judging.jobs);
    place.steps(limits, compilers, cache.as_ref(), jobs)
}

/// The expectations in the file at `path`, if there is one. Warns of what somebody has to do.
pub(super) fn expectations(path: Option<&PathBuf>) -> Result<Option<Expectations>, Error> {
    let loaded = loaded(path)?;
    let (Some(expectations), Some(path)) = (&loaded, path) else {
        return Ok(None);
    };
    for ending in expectations.ending() {
        anstream::eprintln!("warning: {ending}");
    }
    let unowned = expectations.unowned();
    if unowned > 0 {
        anstream::eprintln!(
            "warning: {}: {} no owner yet; write who works on each in place of {UNFILLED}",
            show(path),
            counted(unowned, "expectation has", "expectations have")
        );
    }
    Ok(loaded)
}

fn loaded(path: Option<&PathBuf>) -> Result<Option<Expectations>, Error> {
    let today = time::OffsetDateTime::now_utc().date();
    path.map(|path| Expectations::load(path, today)).transpose()
}

/// Seconds of Unix time, at which certificates have to be valid.
pub(super) fn now() -> u64 {
    u64::try_from(time::OffsetDateTime::now_utc().unix_timestamp()).unwrap_or_default()
}

/// The digests of the files other than packs that decide the result.
pub(super) fn configuration(judging: &Judging) -> Result<Vec<ConfigFile>, Error> {
    let expectations = judging.expectations.iter();
    let expectations = expectations.map(|path| ("expectations", read_file::EXPECTATIONS, path));
    let trusted = judging.trust.iter();
    let trusted = trusted.map(|path| ("trust", read_file::TRUSTED_KEY, path));
    let file = |(name, kind, path): (&str, FileKind, &PathBuf)| {
        let bytes = read_file::read(path, kind)?;
        Ok(ConfigFile {
            name: name.to_owned(),
            sha256: digest(&bytes),
        })
    };
    let answers = judging.answers.iter();
    let answers = answers.map(|path| ("answers", read_file::ANSWERS, path));
    let mut configuration = expectations
        .chain(trusted)
        .chain(answers)
        .map(file)
        .collect::<Result<Vec<_>, Error>>()?;
    configuration.extend(judging.normalise.iter().map(|rule| ConfigFile {
        name: "normalise".into(),
        sha256: digest(rule.to_string().as_bytes()),
    }));
    Ok(configuration)
}

/// The keys in the PEM files at `paths`.
pub(super) fn trusted(paths: &[PathBuf]) -> Result<Vec<TrustedKey>, Error> {
    let key = |path: &PathBuf| {
        let bad = |why: DocumentError| {
            Error::Usage(format!(
                "trusted key {}: {why}; give a PEM file with one Ed25519 public key or certificate",
                show(path)
            ))
        };
        let text = read_file::read_text(path, read_file::TRUSTED_KEY).map_err(Error::File)?;
        TrustedKey::from_pem(&text).map_err(bad)
    };
    paths.iter().map(key).collect()
}
