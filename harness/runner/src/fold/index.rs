//! Builds the index of a stream: a summary of each pack, and where its events are.

use super::run::{PackSummary, Run, Span};
use crate::events::{CheckFinished, Event, RunStarted};
use crate::exit::{Error, show};
use crate::read_file::{EVENT_CHECKS, EVENT_MISSING, EVENT_PACKS};
use provision_core::Status;
use provision_oracle::{Level, Stage};
use std::collections::BTreeMap;
use std::path::Path;

/// An index under construction.
#[derive(Default)]
pub(super) struct Index {
    started: Option<RunStarted>,
    packs: BTreeMap<String, PackSummary>,
    stale: Vec<String>,
    finished: bool,
    interrupted: Option<String>,
}

impl Index {
    pub(super) fn add(&mut self, event: Event, span: Span) {
        match event {
            Event::RunStarted(run) => self.started = Some(*run),
            Event::PackStarted { pack } => self.of(&pack, None).started = true,
            Event::WizardDriven(wizard) => {
                self.of(&wizard.pack, Some(span));
            }
            Event::FlowWalked(walked) => {
                self.of(&walked.pack, Some(span));
            }
            Event::CheckFinished(check) => {
                let pack = self.of(&check.pack, Some(span));
                *pack.checks.entry(check.status).or_default() += 1;
                pack.violates |= violates(&check);
                pack.concluded.insert(check.check);
            }
            Event::PackFinished(done) => {
                let pack = self.of(&done.pack, Some(span));
                pack.verdict = Some(done.verdict);
                pack.steps_executed = done.steps_executed;
                pack.steps_due = done.steps_due;
            }
            Event::ExpectationStale { message } => self.stale.push(message),
            Event::RunInterrupted { signal } => self.interrupted = Some(signal),
            Event::RunFinished { .. } => self.finished = true,
        }
    }

    fn of(&mut self, label: &str, span: Option<Span>) -> &mut PackSummary {
        let pack = self
            .packs
            .entry(label.to_owned())
            .or_insert_with(|| PackSummary {
                label: label.to_owned(),
                ..PackSummary::default()
            });
        if let Some(span) = span {
            match pack.spans.last_mut() {
                Some(last) if last.start + last.len == span.start => last.len += span.len,
                _ => pack.spans.push(span),
            }
        }
        pack
    }

    pub(super) fn finish(mut self, path: &Path) -> Result<Run, Error> {
        let no_start = || {
            Error::Usage(format!(
                "{}: the stream has no `run_started` event",
                show(path)
            ))
        };
        let started = self.started.take().ok_or_else(no_start)?;
        let refuse = |why: String| Error::Usage(format!("{}: {why}", show(path)));
        check_announced(&started).map_err(refuse)?;
        // Reports list every announced pack, even if it did not run.
        let announced = started.packs.iter().map(|label| {
            self.packs.remove(label).unwrap_or_else(|| PackSummary {
                label: label.clone(),
                ..PackSummary::default()
            })
        });
        let mut packs: Vec<PackSummary> = announced.collect();
        packs.extend(self.packs.into_values());
        let mut missing = 0;
        for pack in &mut packs {
            let concluded = std::mem::take(&mut pack.concluded);
            if started.filter.is_none() && pack.verdict.is_some() {
                let due = started.checks.iter().filter(|id| !concluded.contains(*id));
                pack.missing = due.cloned().collect();
            }
            missing += pack.missing.len();
            if missing > EVENT_MISSING {
                let why = format!("more than {EVENT_MISSING} checks have no result");
                return Err(refuse(why));
            }
        }
        let run = Run {
            started,
            packs,
            stale: self.stale,
            finished: false,
            interrupted: self.interrupted,
            failure: None,
            baseline: None,
            path: path.to_owned(),
        };
        Ok(if self.finished { run.ended() } else { run })
    }
}

/// Refuses a run that announces more packs or checks than the bounds allow.
fn check_announced(started: &RunStarted) -> Result<(), String> {
    for (what, count, most) in [
        ("packs", started.packs.len(), EVENT_PACKS),
        ("checks", started.checks.len(), EVENT_CHECKS),
    ] {
        if count > most {
            return Err(format!(
                "the stream announces {count} {what}; the bound is {most}"
            ));
        }
    }
    Ok(())
}

/// Whether `check` is a failed archive or sandbox check of the level must. A failed
/// check of another level is no violation.
fn violates(check: &CheckFinished) -> bool {
    let stage = Stage::of(&check.check);
    let required = check.level == Level::Must;
    required
        && check.status == Status::Failed
        && matches!(stage, Some(Stage::Archive | Stage::Sandbox))
}
