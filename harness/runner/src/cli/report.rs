//! The command `report render`, and what `report merge` shares with it.

use super::output::print;
use crate::exit::{Error, Exit};
use crate::files;
use crate::fold::Run;
use crate::reports::Wanted;
use crate::reports::console::{self, Layout};
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

pub(super) fn render(args: &Render) -> Result<Exit, Error> {
    args.reports.outputs([&args.events], [])?;
    let inputs = || [args.events.as_path()].into_iter();
    args.reports.invalidate(inputs())?;
    let run = read(&args.events, &args.reports);
    let run = run.inspect_err(|e| args.reports.fail(inputs(), e))?;
    report(&run, &args.reports, Layout::of(args.verbose))
}

/// The run in the stream `events`, of which the reports that are `wanted` can be written.
pub(super) fn read(events: &Path, wanted: &Wanted) -> Result<Run, Error> {
    let run = wanted.read(events)?;
    wanted.check_whole_run(&run.started)?;
    drop(wanted.key()?);
    for path in wanted.paths() {
        files::check_writable(path)?;
    }
    Ok(run)
}

/// Prints the console report of `run` and writes the others.
pub(super) fn report(run: &Run, wanted: &Wanted, layout: Layout) -> Result<Exit, Error> {
    console::report(run, layout, print)?;
    wanted.write(run)?;
    if let Some(cut) = run.cut() {
        anstream::eprintln!("error: {cut}; packs without a result count as errors");
        return Ok(run.exit().max_with(Exit::Harness));
    }
    Ok(run.exit())
}
