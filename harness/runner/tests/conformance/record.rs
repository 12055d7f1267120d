//! The result of each trial, for the reports of a test run.

use greentic_provision::exit::Error;
use greentic_provision::files;
use greentic_provision::reports::junit::{self, Case, Suite};
use provision_core::Status;
use serde::Serialize;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// The result of a trial; an error is the message of the failure.
pub(crate) type TrialResult = Result<(), String>;

/// The outcome of one trial, as its event.
#[derive(Debug, Serialize)]
struct TrialFinished {
    event: &'static str,
    trial: String,
    passed: bool,
    message: String,
    micros: u64,
}

/// The outcomes so far.
#[derive(Default)]
pub(crate) struct Record {
    finished: Mutex<Vec<TrialFinished>>,
}

impl Record {
    /// Runs a trial and keeps its outcome, even if it panics.
    pub(crate) fn note(&self, trial: String, run: impl FnOnce() -> TrialResult) -> TrialResult {
        let started = Instant::now();
        let said = catch_unwind(AssertUnwindSafe(run));
        let message = match &said {
            Ok(Ok(())) => String::new(),
            Ok(Err(message)) => message.clone(),
            Err(_) => "the trial panicked; its output says why".into(),
        };
        let finished = TrialFinished {
            event: "trial_finished",
            trial,
            passed: matches!(said, Ok(Ok(()))),
            message,
            micros: u64::try_from(started.elapsed().as_micros()).unwrap_or(u64::MAX),
        };
        self.finished
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(finished);
        said.unwrap_or_else(|panic| resume_unwind(panic))
    }

    /// Writes `events.jsonl` and `junit.xml` into `folder`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), Error> {
        let mut finished = self.finished.lock().unwrap_or_else(PoisonError::into_inner);
        finished.sort_by(|a, b| a.trial.cmp(&b.trial));
        std::fs::create_dir_all(folder).map_err(|e| Error::io("create", folder, e))?;
        let mut lines = Vec::new();
        let mut suites: BTreeMap<&str, Vec<Case>> = BTreeMap::new();
        for trial in finished.iter() {
            lines.extend(serde_json::to_vec(trial).unwrap_or_default());
            lines.push(b'\n');
            let (suite, _) = trial.trial.split_once("::").unwrap_or((&trial.trial, ""));
            suites.entry(suite).or_default().push(case(trial));
        }
        files::write(&folder.join("events.jsonl"), &lines)?;
        let suites: Vec<Suite> = suites
            .into_iter()
            .map(|(name, cases)| Suite {
                name: name.to_owned(),
                file: None,
                cases,
            })
            .collect();
        files::write(
            &folder.join("junit.xml"),
            &junit::render("conformance trials", &suites)?,
        )
    }
}

fn case(trial: &TrialFinished) -> Case {
    let (class, name) = trial.trial.rsplit_once("::").unwrap_or(("", &trial.trial));
    Case {
        class: class.replace("::", "."),
        name: name.to_owned(),
        micros: trial.micros,
        status: if trial.passed {
            Status::Passed
        } else {
            Status::Failed
        },
        message: trial.message.lines().next().unwrap_or_default().to_owned(),
        detail: trial.message.clone(),
        output: String::new(),
    }
}
