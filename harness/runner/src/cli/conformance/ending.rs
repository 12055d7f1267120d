//! The end of a run: its reports, its console report and its exit code, also if a signal
//! or an error ends it.

use super::Args;
use crate::cli::output::print;
use crate::events::{Event, EventLog};
use crate::exit::{Error, Exit};
use crate::fold::{CauseTable, Run};
use crate::interrupt::{self, Watch};
use crate::out_folder::OutFolder;
use crate::reports::console::{self, Detail};
use crate::reports::{Wanted, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Watches for the signals that end the run. If the run does not end in time,
/// the watch writes the reports and ends the process, unless `ending` says that
/// `finish` already writes them.
pub(super) fn watch(
    args: &Args,
    log: &Arc<EventLog>,
    ending: &Arc<AtomicBool>,
) -> Result<Watch, Error> {
    let (reports, log, ending) = (args.reports.clone(), Arc::clone(log), Arc::clone(ending));
    let shown = args.shown();
    let late = move |signal: &'static str| {
        let may_end = !ending.load(Ordering::SeqCst);
        if may_end && let Err(e) = interrupted(&reports, &log, signal, shown) {
            anstream::eprintln!("error: {e}");
        }
        may_end
    };
    let error = |e| Error::io("listen for", Path::new("signals"), e);
    interrupt::watch(late).map_err(error)
}

/// Writes the reports of a run that `signal` interrupted.
///
/// `shown` is what goes to standard output; `None` if events go there.
fn interrupted(
    reports: &Wanted,
    log: &EventLog,
    signal: &str,
    shown: Option<Detail>,
) -> Result<(), Error> {
    log.emit(&Event::RunInterrupted {
        signal: signal.to_owned(),
    });
    let run = reports.read(log.path())?.cut_by(signal);
    if let Some(detail) = shown {
        console::report(&run, detail, print)?;
    }
    reports.write(&run)?;
    anstream::eprintln!("error: interrupted by {signal}; packs without a result count as errors");
    log.finish()
}

/// Writes the reports even if the run failed; its error then decides the exit
/// code.
pub(super) fn finish(
    args: &Args,
    out: &OutFolder,
    log: &EventLog,
    done: Result<(), Error>,
) -> Result<Exit, Error> {
    let path = log.path().to_owned();
    if let Some(signal) = interrupt::asked() {
        interrupted(&args.reports, log, signal, args.shown())?;
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
    // NB: does not read the stream again; it may have millions of lines.
    let run = so_far.ended();
    args.reports.write(&run)?;
    print_summary(args, out, &run)?;
    done?;
    let exit = run.exit();
    if exit == Exit::Nothing {
        anstream::eprintln!(
            "error: not everything that the profile requires was judged: a check was blocked \
             (\"not judged\" in the report), too few steps ran, or no check passed"
        );
    }
    Ok(exit)
}

/// Prints the console report of `run` and writes its timings, in one pass,
/// because both read every event.
fn print_summary(args: &Args, out: &OutFolder, run: &Run) -> Result<(), Error> {
    let timings = out.path().join("timings.jsonl");
    let mut table = CauseTable::new(run.level());
    out.write_with("timings.jsonl", |file| {
        run.each(|pack| {
            if let Some(detail) = args.shown() {
                table.add(pack);
                print(&console::one(run, pack, detail))?;
            }
            let line = json::timing(pack);
            writeln!(file, "{line}").map_err(|e| Error::io("write", &timings, e))
        })
    })?;
    match args.shown() {
        Some(_) => print(&console::summary(run, &table)),
        None => Ok(()),
    }
}
