//! The commands `report render` and `report merge`.

use super::output::print;
use crate::events::{Event, EventLog, RunStarted, Shard};
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::fold::{EventLines, Run};
use crate::reports::Wanted;
use crate::reports::console::{self, Detail};
use provision_core::text::inert;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub(super) struct Render {
    /// The events of a run: `events.jsonl` in its output folder.
    events: PathBuf,
    /// Print all causes with all places, and every failed check with its findings.
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    reports: Wanted,
}

#[derive(Debug, clap::Args)]
pub(super) struct Merge {
    /// The events of every shard of the run.
    #[arg(required = true, num_args = 1..)]
    events: Vec<PathBuf>,
    /// The file for the events of the whole run.
    #[arg(long)]
    out: PathBuf,
    /// Print all causes with all places, and every failed check with its findings.
    #[arg(long, short)]
    verbose: bool,
    #[command(flatten)]
    reports: Wanted,
}

pub(super) fn render(args: &Render) -> Result<Exit, Error> {
    args.reports.outputs([&args.events], [])?;
    let inputs = || [args.events.as_path()].into_iter();
    args.reports.invalidate(inputs())?;
    let run = read(&args.events, &args.reports);
    let run = run.inspect_err(|e| args.reports.fail(inputs(), e))?;
    report(&run, &args.reports, Detail::of(args.verbose))
}

/// The run in the stream `events`, of which the reports that are `wanted` can be written.
fn read(events: &Path, wanted: &Wanted) -> Result<Run, Error> {
    let run = wanted.read(events)?;
    wanted.check_whole_run(&run.started)?;
    drop(wanted.key()?);
    for path in wanted.paths() {
        files::check_writable(path)?;
    }
    Ok(run)
}

/// Prints the console report of `run` and writes the others.
fn report(run: &Run, wanted: &Wanted, detail: Detail) -> Result<Exit, Error> {
    console::report(run, detail, print)?;
    wanted.write(run)?;
    if let Some(cut) = run.cut() {
        anstream::eprintln!("error: {cut}; packs without a result count as errors");
        return Ok(run.exit().max_with(Exit::Harness));
    }
    Ok(run.exit())
}

pub(super) fn merge(args: &Merge) -> Result<Exit, Error> {
    args.reports.outputs(&args.events, [&args.out])?;
    let inputs = args.events.iter().map(PathBuf::as_path);
    args.reports.invalidate(inputs.clone())?;
    let run = merged(args).inspect_err(|e| args.reports.fail(inputs, e))?;
    report(&run, &args.reports, Detail::of(args.verbose))
}

/// Merges the shards and reads the whole run.
fn merged(args: &Merge) -> Result<Run, Error> {
    let runs = args.events.iter().map(|path| Run::read(path));
    let runs: Vec<Run> = runs.collect::<Result<_, _>>()?;
    let started = whole(args, &runs)?;
    args.reports.check_whole_run(&started)?;
    write_merged(args, &runs, started)?;
    read(&args.out, &args.reports)
}

/// Writes the events of `runs` to one stream: first to a file beside `--out`, so
/// that an error leaves an existing `--out` as it was.
fn write_merged(args: &Merge, runs: &[Run], started: RunStarted) -> Result<(), Error> {
    if let Some(folder) = args.out.parent().filter(|f| !f.as_os_str().is_empty()) {
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
    }
    if std::fs::metadata(&args.out).is_ok_and(|m| !m.is_file()) {
        let why = "--out must be a regular file, because merge reads it again";
        return Err(Error::Usage(format!("{}: {why}", show(&args.out))));
    }
    let beside = files::Beside::create(&args.out)?;
    let log = EventLog::create(beside.path(), None)?;
    log.emit(&Event::RunStarted(Box::new(started)));
    for (run, path) in runs.iter().zip(&args.events) {
        for stale in &run.stale {
            let message = stale.clone();
            log.emit(&Event::ExpectationStale { message });
        }
        copy(path, &log)?;
    }
    let so_far = Run::read(beside.path())?;
    log.emit(&Event::RunFinished {
        exit_code: so_far.exit() as u8,
    });
    log.finish()?;
    beside.persist()
}

/// Copies the events of packs from the stream at `path` to `log`.
fn copy(path: &Path, log: &EventLog) -> Result<(), Error> {
    let mut stream = EventLines::open(path)?;
    loop {
        let lines = stream.next_lines()?;
        if lines.is_empty() {
            return Ok(());
        }
        for line in lines {
            match serde_json::from_slice(&line) {
                Ok(
                    Event::RunStarted(_)
                    | Event::RunFinished { .. }
                    | Event::ExpectationStale { .. },
                ) => {}
                Ok(event) => log.emit(&event),
                Err(e) => {
                    let why = inert(&e.to_string(), 200);
                    return Err(Error::Usage(format!("{}: {why}", show(path))));
                }
            }
        }
    }
}

/// The start event of the whole run. Refuses `runs` unless they are all shards
/// of one run, each once and each finished.
fn whole(args: &Merge, runs: &[Run]) -> Result<RunStarted, Error> {
    let mut shards: BTreeMap<Shard, &Path> = BTreeMap::new();
    let mut first: Option<&RunStarted> = None;
    let mut packs = Vec::new();
    for (run, path) in runs.iter().zip(&args.events) {
        let refuse = |why| MergeError::Shard {
            path: path.clone(),
            why,
        };
        let started = &run.started;
        let shard = started.shard.ok_or_else(|| refuse(ShardError::Whole))?;
        if !(1..=shard.count).contains(&shard.index) {
            return Err(refuse(ShardError::Impossible(shard)).into());
        }
        if !run.finished {
            return Err(refuse(ShardError::CutOff(shard.index)).into());
        }
        if let Some(other) = shards.insert(shard, path) {
            return Err(refuse(ShardError::Twice {
                index: shard.index,
                other: other.to_owned(),
            })
            .into());
        }
        if first.is_some_and(|first| !alike(first, started)) {
            return Err(refuse(ShardError::OtherRun).into());
        }
        first.get_or_insert(started);
        packs.extend(started.packs.iter().cloned());
    }
    let first = first.ok_or(MergeError::None)?;
    let count = shards.keys().next().map_or(0, |shard| shard.count);
    // NB: a stream may claim 2^64 shards; the iterator over them must stay lazy.
    if (shards.len() as u64) < count {
        let missing = (1..=count).filter(|i| !shards.keys().any(|s| s.index == *i));
        let missing = missing.take(LISTED).collect();
        return Err(MergeError::Missing { count, missing }.into());
    }
    for run in runs {
        let announced = &run.started.packs;
        let foreign = |shard: Shard| announced.iter().find(|label| !shard.has_label(label));
        if let Some((shard, pack)) = run.started.shard.and_then(|s| Some((s, foreign(s)?))) {
            let (index, path) = (
                shard.index,
                show(shards.get(&shard).unwrap_or(&Path::new(""))),
            );
            return Err(Error::Usage(format!(
                "{path}: shard {index} announces the pack {pack}, which is in another shard"
            )));
        }
    }
    packs.sort();
    let selection = provision_core::pack::digest(packs.join("\n").as_bytes());
    if selection != first.selection {
        return Err(MergeError::Packs.into());
    }
    // A statement about the whole is as old as its oldest part.
    let at = runs.iter().filter_map(|run| run.started.at).min();
    Ok(RunStarted {
        shard: None,
        at,
        packs,
        ..first.clone()
    })
}

/// Missing shards that an error lists, at most.
const LISTED: usize = 20;

/// Why streams cannot be merged.
#[derive(Debug, thiserror::Error)]
enum MergeError {
    #[error("{}: {why}", show(path))]
    Shard { path: PathBuf, why: ShardError },
    #[error("no shards")]
    None,
    #[error("the run has {count} shards; missing: {}", listed(missing))]
    Missing { count: u64, missing: Vec<u64> },
    #[error("the packs of all shards together are not the packs of the run")]
    Packs,
}

/// Why merge refuses a stream.
#[derive(Debug, thiserror::Error)]
enum ShardError {
    #[error("a whole run, not a shard; it needs no merge")]
    Whole,
    #[error("shard {} of {} is impossible", .0.index, .0.count)]
    Impossible(Shard),
    #[error("shard {0} was cut off; run it again")]
    CutOff(u64),
    #[error("shard {index} once more; it is also in {}", show(other))]
    Twice { index: u64, other: PathBuf },
    #[error("a shard of another run: its version, profile, filter, configuration or packs differ")]
    OtherRun,
}

impl From<MergeError> for Error {
    fn from(error: MergeError) -> Self {
        Self::Usage(error.to_string())
    }
}

fn listed(missing: &[u64]) -> String {
    let mut text: Vec<String> = missing.iter().map(u64::to_string).collect();
    if missing.len() == LISTED {
        text.push("…".into());
    }
    text.join(", ")
}

/// Whether two shards are of one run.
fn alike(a: &RunStarted, b: &RunStarted) -> bool {
    let rest = |started: &RunStarted| {
        let shard = started.shard.map(|s| Shard { index: 0, ..s });
        let started = RunStarted {
            shard,
            at: None,
            packs: Vec::new(),
            ..started.clone()
        };
        serde_json::to_value(started).ok()
    };
    rest(a) == rest(b)
}
