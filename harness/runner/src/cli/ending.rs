//! The end of a run: its reports, its console report and its exit code, also if a signal
//! or an error ends it.

use crate::cli::output::print;
use crate::events::{Event, EventLog};
use crate::exit::{Error, Exit};
use crate::fold::{CauseTable, Run};
use crate::interrupt::{self, Watch};
use crate::out_folder::OutFolder;
use crate::reports::console::{self, Layout};
use crate::reports::{Wanted, json};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// The end of one run.
pub(super) struct Ending<'r> {
    /// The requested reports.
    pub(super) reports: &'r Wanted,
    /// How much of the console report to print; `None` if events are printed instead.
    pub(super) shown: Option<Layout>,
    /// Whether another command says why not everything was judged.
    pub(super) is_quiet: bool,
    pub(super) out: &'r OutFolder,
    pub(super) log: &'r Arc<EventLog>,
}

impl Ending<'_> {
    /// Watches for the signals that end the run. If the run does not end in time,
    /// the watch writes the reports and ends the process, unless `ending` says that
    /// `finish` already writes them.
    pub(super) fn watch(&self, ending: &Arc<AtomicBool>) -> Result<Watch, Error> {
        let (reports, log) = (self.reports.clone(), Arc::clone(self.log));
        let (ending, shown) = (Arc::clone(ending), self.shown);
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

    /// Writes the reports even if the run failed; its error then decides the exit
    /// code.
    pub(super) fn finish(&self, done: Result<(), Error>) -> Result<Exit, Error> {
        let path = self.log.path().to_owned();
        if let Some(signal) = interrupt::asked() {
            interrupted(self.reports, self.log, signal, self.shown)?;
            return Ok(Exit::Harness);
        }
        let exit = match &done {
            Ok(()) => None,
            Err(error) => Some(error.exit()),
        };
        let so_far = self.reports.read(&path)?;
        self.log.emit(&Event::RunFinished {
            exit_code: exit.unwrap_or_else(|| so_far.exit()) as u8,
        });
        self.log.finish()?;
        // NB: does not read the stream again; it may have millions of lines.
        let run = so_far.ended();
        self.reports.write(&run)?;
        self.print_summary(&run)?;
        done?;
        let exit = run.exit();
        if exit == Exit::Nothing && !self.is_quiet {
            anstream::eprintln!(
                "error: not everything that the profile requires was judged: a check was blocked \
                 (\"not judged\" in the report), too few steps ran, or no check passed"
            );
        }
        Ok(exit)
    }

    /// Prints the console report of `run` and writes its timings, in one pass,
    /// because both read every event.
    fn print_summary(&self, run: &Run) -> Result<(), Error> {
        let timings = self.out.path().join("timings.jsonl");
        let mut table = CauseTable::new(run.level());
        self.out.write_with("timings.jsonl", |file| {
            run.each(|pack| {
                if let Some(layout) = self.shown {
                    table.add(pack);
                    print(&console::one(run, pack, layout))?;
                }
                let line = json::timing(pack);
                writeln!(file, "{line}").map_err(|e| Error::io("write", &timings, e))
            })
        })?;
        match self.shown {
            Some(layout) => print(&console::summary(run, &table, layout)),
            None => Ok(()),
        }
    }
}

/// Writes the reports of a run that `signal` interrupted.
///
/// `shown` is what goes to standard output; `None` if events go there.
fn interrupted(
    reports: &Wanted,
    log: &EventLog,
    signal: &str,
    shown: Option<Layout>,
) -> Result<(), Error> {
    log.emit(&Event::RunInterrupted {
        signal: signal.to_owned(),
    });
    let run = reports.read(log.path())?.cut_by(signal);
    if let Some(layout) = shown {
        console::report(&run, layout, print)?;
    }
    reports.write(&run)?;
    anstream::eprintln!("error: interrupted by {signal}; packs without a result count as errors");
    log.finish()
}
