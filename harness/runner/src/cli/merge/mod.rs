//! The command `report merge`: the events of all shards become the events of one run.

mod refusal;

use super::report::{read, report};
use crate::events::{Event, EventLog, RunStarted, Shard};
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::fold::{EventLines, Run};
use crate::reports::Wanted;
use crate::reports::console::Layout;
use crate::shard::cut::assignment;
use provision_core::text::inert;
use refusal::{Difference, Refusal};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

pub(super) fn merge(args: &Merge) -> Result<Exit, Error> {
    args.reports.outputs(&args.events, [&args.out])?;
    let inputs = args.events.iter().map(PathBuf::as_path);
    args.reports.invalidate(inputs.clone())?;
    let run = merged(args).inspect_err(|e| args.reports.fail(inputs, e))?;
    report(&run, &args.reports, Layout::of(args.verbose))
}

/// What a merge keeps of the stream of one shard.
struct Part<'p> {
    path: &'p Path,
    shard: Shard,
    started: RunStarted,
    stale: Vec<String>,
}

/// Merges the shards and reads the whole run.
fn merged(args: &Merge) -> Result<Run, Error> {
    let parts = args.events.iter().map(|path| part(path));
    let parts: Vec<Part<'_>> = parts.collect::<Result<_, _>>()?;
    let started = whole(&parts)?;
    args.reports.check_whole_run(&started)?;
    write_merged(args, parts, started)?;
    read(&args.out, &args.reports)
}

/// Reads the stream of one shard.
///
/// NB: drops its index of packs. The index of the whole run takes as much as those of all
/// shards.
fn part(path: &Path) -> Result<Part<'_>, Error> {
    let Run {
        started,
        stale,
        finished,
        ..
    } = Run::read(path)?;
    let owned = || path.to_owned();
    let shard = started.shard.ok_or_else(|| Refusal::Whole(owned()))?;
    if !(1..=shard.count).contains(&shard.index) {
        return Err(Refusal::Impossible(owned(), shard).into());
    }
    if !finished {
        return Err(Refusal::CutOff(owned(), shard).into());
    }
    Ok(Part {
        path,
        shard,
        started,
        stale,
    })
}

/// The start event of the whole run. Refuses `parts` unless they are all shards of one run,
/// each once.
fn whole(parts: &[Part<'_>]) -> Result<RunStarted, Refusal> {
    let (first, others) = parts.split_first().ok_or(Refusal::None)?;
    let mut shards = BTreeMap::from([(first.shard.index, first.path)]);
    for part in others {
        if let Some(difference) = Difference::between(&first.started, &part.started) {
            return Err(Refusal::OtherRun {
                path: part.path.to_owned(),
                other: first.path.to_owned(),
                difference: Box::new(difference),
            });
        }
        if let Some(other) = shards.insert(part.shard.index, part.path) {
            return Err(Refusal::Twice {
                path: part.path.to_owned(),
                index: part.shard.index,
                other: other.to_owned(),
            });
        }
    }
    let packs = packs(parts)?;
    let selection = provision_core::pack::digest(packs.join("\n").as_bytes());
    let is_whole = selection == first.started.selection;
    let paths = || parts.iter().map(|part| part.path.to_owned()).collect();
    let count = first.shard.count;
    // If all packs are there, a shard that is missing has none.
    // NB: a stream may claim 2^64 shards; the iterator over them must stay lazy.
    if !is_whole && (shards.len() as u64) < count {
        let missing = (1..=count).filter(|index| !shards.contains_key(index));
        return Err(Refusal::Missing {
            count,
            missing: missing.take(refusal::LISTED).collect(),
            paths: paths(),
        });
    }
    if !is_whole {
        return Err(Refusal::Packs(paths()));
    }
    let places = parts.iter().flat_map(|part| {
        let packs = part.started.packs.iter();
        packs.map(|pack| (pack.as_str(), part.shard.index))
    });
    let cut = first.started.cut.as_ref();
    if cut.is_none_or(|cut| cut.assignment != assignment(places)) {
        return Err(Refusal::Assignment(paths()));
    }
    // A statement about the whole is as old as its oldest part.
    let at = parts.iter().filter_map(|part| part.started.at).min();
    Ok(RunStarted {
        shard: None,
        at,
        cut: None,
        packs,
        ..first.started.clone()
    })
}

/// The packs of all shards, sorted. Refuses a pack that two shards announce.
fn packs(parts: &[Part<'_>]) -> Result<Vec<String>, Refusal> {
    let mut announced: BTreeMap<&str, &Path> = BTreeMap::new();
    for part in parts {
        for pack in &part.started.packs {
            if let Some(other) = announced.insert(pack, part.path) {
                return Err(Refusal::PackTwice {
                    pack: pack.clone(),
                    path: part.path.to_owned(),
                    other: other.to_owned(),
                });
            }
        }
    }
    Ok(announced.into_keys().map(str::to_owned).collect())
}

/// Writes the events of `parts` to one stream: first to a file beside `--out`, so
/// that an error leaves an existing `--out` as it was.
fn write_merged(args: &Merge, parts: Vec<Part<'_>>, started: RunStarted) -> Result<(), Error> {
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
    for Part { path, stale, .. } in parts {
        for message in stale {
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
