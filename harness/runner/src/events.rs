//! The event stream: one JSON object a line, written as things happen.
//!
//! Every report is a fold over these events, so whatever a report shows is
//! also here, and an aborted run leaves all that it knew.

use crate::exit::Error;
use provision_core::wizard::{HostCall, Meters, WizardKind};
use provision_core::{Finding, Status, Verdict};
use provision_oracle::Level;
use serde::Serialize;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

/// Something that happened in a run.
#[derive(Debug, Clone, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The run begins.
    RunStarted(RunStarted),
    /// A pack is about to be read.
    PackStarted {
        /// The pack's label.
        pack: String,
    },
    /// A wizard was driven.
    WizardDriven(WizardDriven),
    /// A check was concluded.
    CheckFinished(CheckFinished),
    /// All is known of a pack.
    PackFinished(PackFinished),
    /// An expectation is no longer true.
    ExpectationStale {
        /// Which one, and why.
        message: String,
    },
    /// The run is over.
    RunFinished {
        /// The process's exit code.
        exit_code: u8,
    },
}

/// See [`Event::RunStarted`].
#[derive(Debug, Clone, Serialize)]
pub struct RunStarted {
    /// The harness's version.
    pub version: &'static str,
    /// Profile that the packs are held to.
    pub profile: String,
    /// The trial-name filter, where one was given.
    pub filter: Option<String>,
    /// The public base URL that wizards are given.
    pub public_base_url: String,
    /// Labels of the packs, in the order of reports.
    pub packs: Vec<String>,
    /// Ids of the checks, in the order of reports.
    pub checks: Vec<&'static str>,
}

/// See [`Event::WizardDriven`].
#[derive(Debug, Clone, Serialize)]
pub struct WizardDriven {
    /// The pack's label.
    pub pack: String,
    /// The wizard's name.
    pub wizard: String,
    /// What it is for.
    pub kind: WizardKind,
    /// What drove it.
    pub driver: &'static str,
    /// How it ended.
    pub outcome: String,
    /// Its steps.
    pub steps: Vec<StepDone>,
    /// Notes of its plan, escaped and cut.
    pub notes: Vec<String>,
}

/// One step of a wizard that was driven.
#[derive(Debug, Clone, Serialize)]
pub struct StepDone {
    /// The step's name.
    pub step: &'static str,
    /// The node of the flow's graph, where there is one.
    pub node: Option<String>,
    /// What was called.
    pub function: String,
    /// The file that holds it.
    pub component: Option<String>,
    /// `ok`, a code `E_…`, or `not_run`.
    pub status: String,
    /// What the code means here.
    pub message: Option<String>,
    /// What it consumed.
    #[serde(flatten)]
    pub meters: Meters,
    /// Its calls to the host.
    pub attempts: Vec<HostCall>,
}

/// See [`Event::CheckFinished`].
#[derive(Debug, Clone, Serialize)]
pub struct CheckFinished {
    /// The pack's label.
    pub pack: String,
    /// The wizard's name, or `pack`.
    pub scope: String,
    /// The check's id.
    pub check: &'static str,
    /// The check's level.
    pub level: Level,
    /// The status.
    pub status: Status,
    /// Whether the requirement speaks of anything in this pack.
    pub applicable: bool,
    /// Why it was skipped.
    pub reason: Option<String>,
    /// The violations.
    pub findings: Vec<Finding>,
    /// The command that shows the same again, where it did not pass.
    pub reproduce: Option<String>,
}

/// See [`Event::PackFinished`].
#[derive(Debug, Clone, Serialize)]
pub struct PackFinished {
    /// The pack's label.
    pub pack: String,
    /// Where it was read.
    pub path: String,
    /// Its id, where it has a manifest.
    pub id: Option<String>,
    /// Its version, where it has a manifest.
    pub version: Option<String>,
    /// SHA-256 of what was read.
    pub digest: String,
    /// The verdict.
    pub verdict: Verdict,
    /// Steps that really ran to a usable answer.
    pub steps_executed: usize,
    /// Notes of the setup plan.
    pub plan_notes: usize,
    /// Keys of the secrets that the setup plan sets.
    pub secret_keys: Vec<String>,
    /// Wall time from reading to verdict, in milliseconds.
    pub millis: u64,
}

/// Where events go: a file, a line at a time, and the memory of this process.
pub struct EventLog {
    path: PathBuf,
    inner: Mutex<Inner>,
}

struct Inner {
    file: File,
    events: Vec<Event>,
    failed: Option<std::io::Error>,
}

impl EventLog {
    /// A new, empty log at `path`.
    ///
    /// # Errors
    /// [`Error::Io`] if it cannot be created.
    pub fn create(path: &Path) -> Result<Self, Error> {
        let error = |e| Error::io("write", path, e);
        if let Some(folder) = path.parent().filter(|f| !f.as_os_str().is_empty()) {
            fs::create_dir_all(folder).map_err(error)?;
        }
        let inner = Inner {
            file: File::create(path).map_err(error)?,
            events: Vec::new(),
            failed: None,
        };
        Ok(Self {
            path: path.to_owned(),
            inner: Mutex::new(inner),
        })
    }

    /// Adds an event; what goes wrong is kept for [`EventLog::finish`].
    pub fn emit(&self, event: Event) {
        let mut inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = serde_json::to_vec(&event).unwrap_or_default();
        line.push(b'\n');
        if let Err(e) = inner.file.write_all(&line) {
            inner.failed.get_or_insert(e);
        }
        inner.events.push(event);
    }

    /// All events so far.
    #[must_use]
    pub fn events(&self) -> Vec<Event> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        inner.events.clone()
    }

    /// Ends the log.
    ///
    /// # Errors
    /// The first [`Error::Io`] that a write met.
    pub fn finish(self) -> Result<(), Error> {
        let inner = self
            .inner
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        match inner.failed {
            Some(e) => Err(Error::io("write", &self.path, e)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;

    #[test]
    fn an_event_that_was_not_written_is_an_error_in_the_end() {
        let full = EventLog::create(Path::new("/dev/full")).expect("opens");
        full.emit(Event::RunFinished { exit_code: 0 });
        assert!(matches!(full.finish(), Err(Error::Io { .. })));
        let fine = EventLog::create(Path::new("/dev/null")).expect("opens");
        fine.emit(Event::RunFinished { exit_code: 0 });
        assert_eq!(fine.events().len(), 1);
        assert!(fine.finish().is_ok());
    }
}
