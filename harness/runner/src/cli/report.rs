//! `report render` and `report merge`.

use super::output::print;
use crate::events::{Event, EventLog, RunStarted, Shard};
use crate::exit::{Error, Exit, show};
use crate::files;
use crate::fold::Run;
use crate::reports::{Wanted, console};
use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Render {
    /// The events of a run, `events.jsonl` of its output folder.
    events: PathBuf,
    #[command(flatten)]
    reports: Wanted,
}

#[derive(Debug, clap::Args)]
pub(super) struct Merge {
    /// The events of every shard.
    #[arg(required = true, num_args = 1..)]
    events: Vec<PathBuf>,
    /// Where the events of the whole run go.
    #[arg(long)]
    out: PathBuf,
    #[command(flatten)]
    reports: Wanted,
}

pub(super) fn render(args: &Render) -> Result<Exit, Error> {
    report(&args.reports.read(&args.events)?, &args.reports)
}

fn report(run: &Run, wanted: &Wanted) -> Result<Exit, Error> {
    for path in wanted.paths() {
        files::check_writable(path)?;
    }
    console::report(run, print)?;
    wanted.write(run)?;
    if let Some(cut) = run.cut() {
        anstream::eprintln!("error: {cut}; what it did not come to is an error");
        return Ok(run.exit().max_with(Exit::Harness));
    }
    Ok(run.exit())
}

pub(super) fn merge(args: &Merge) -> Result<Exit, Error> {
    let runs: Vec<Run> = args
        .events
        .iter()
        .map(|path| Run::read(path))
        .collect::<Result<_, _>>()?;
    let started = whole(args, &runs)?;
    let log = EventLog::create(&args.out, None)?;
    log.emit(&Event::RunStarted(Box::new(started)));
    for (run, path) in runs.iter().zip(&args.events) {
        for stale in &run.stale {
            let message = stale.clone();
            log.emit(&Event::ExpectationStale { message });
        }
        copy(path, &log)?;
    }
    let so_far = Run::read(&args.out)?;
    log.emit(&Event::RunFinished {
        exit_code: so_far.exit() as u8,
    });
    log.finish()?;
    report(&args.reports.read(&args.out)?, &args.reports)
}

/// The events of packs at `path`, which has been read before.
fn copy(path: &PathBuf, log: &EventLog) -> Result<(), Error> {
    let io = |e| Error::io("read", path, e);
    let file = std::fs::File::open(path).map_err(io)?;
    for line in std::io::BufReader::new(file).lines() {
        let event = serde_json::from_str(&line.map_err(io)?);
        match event {
            Ok(
                Event::RunStarted(_) | Event::RunFinished { .. } | Event::ExpectationStale { .. },
            ) => {}
            Ok(event) => log.emit(&event),
            Err(e) => return Err(Error::Usage(format!("{}: {e}", show(path)))),
        }
    }
    Ok(())
}

/// What the whole run began with, if `runs` are its shards: all of them, each
/// once, finished, and of one run.
fn whole(args: &Merge, runs: &[Run]) -> Result<RunStarted, Error> {
    let refuse = |path: &PathBuf, why: String| Error::Usage(format!("{}: {why}", show(path)));
    let mut shards: BTreeMap<Shard, &PathBuf> = BTreeMap::new();
    let mut first: Option<&RunStarted> = None;
    let mut packs = Vec::new();
    for (run, path) in runs.iter().zip(&args.events) {
        let started = &run.started;
        let Some(shard) = started.shard else {
            return Err(refuse(
                path,
                "a whole run and no shard; it needs no merging".into(),
            ));
        };
        if !run.finished {
            let why = format!("shard {} was cut off; run it again", shard.index);
            return Err(refuse(path, why));
        }
        if let Some(other) = shards.insert(shard, path) {
            let why = format!("shard {} once more, see {}", shard.index, show(other));
            return Err(refuse(path, why));
        }
        match first {
            Some(first) if !alike(first, started) => {
                let why = "of another run: another version, profile, filter, configuration, or other packs";
                return Err(refuse(path, why.into()));
            }
            Some(_) => {}
            None => first = Some(started),
        }
        packs.extend(started.packs.iter().cloned());
    }
    let count = shards.keys().next().map_or(0, |shard| shard.count);
    let missing = (1..=count).filter(|i| !shards.keys().any(|s| s.index == *i));
    let missing: Vec<String> = missing.map(|i| i.to_string()).collect();
    if !missing.is_empty() {
        let why = format!(
            "of {count} shards these are missing: {}",
            missing.join(", ")
        );
        return Err(Error::Usage(why));
    }
    packs.sort();
    let first = first.ok_or_else(|| Error::Usage("no shards".into()))?;
    let selection = provision_core::pack::digest(packs.join("\n").as_bytes());
    if selection != first.selection {
        let why = "the shards together do not have the packs that the run was over";
        return Err(Error::Usage(why.into()));
    }
    Ok(RunStarted {
        shard: None,
        packs,
        ..first.clone()
    })
}

/// Whether two shards are of one run.
fn alike(a: &RunStarted, b: &RunStarted) -> bool {
    let rest = |started: &RunStarted| {
        let shard = started.shard.map(|s| Shard { index: 0, ..s });
        let started = RunStarted {
            shard,
            packs: Vec::new(),
            ..started.clone()
        };
        serde_json::to_value(started).ok()
    };
    rest(a) == rest(b)
}
