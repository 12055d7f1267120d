//! Folds the event stream into what reports show.

use crate::events::{CheckFinished, Event, PackFinished, RunStarted, WizardDriven};
use crate::exit::Exit;
use provision_core::{Status, Verdict};
use provision_oracle::Level;
use std::collections::BTreeMap;

/// A run, folded.
#[derive(Debug, Clone)]
pub struct Run {
    /// How it began; `None` if the stream has no beginning.
    pub started: Option<RunStarted>,
    /// The packs, in the order that the run announced.
    pub packs: Vec<PackRun>,
    /// Expectations that are no longer true.
    pub stale: Vec<String>,
}

/// All that the stream says of one pack.
#[derive(Debug, Clone)]
pub struct PackRun {
    /// The pack's label.
    pub label: String,
    /// How it ended; `None` if the run was cut off before.
    pub finished: Option<PackFinished>,
    /// Its wizards.
    pub wizards: Vec<WizardDriven>,
    /// Its checks.
    pub checks: Vec<CheckFinished>,
}

impl Run {
    /// Folds `events`. Packs come in the order in which the run announced
    /// them, whatever the order in which its jobs finished.
    #[must_use]
    pub fn fold(events: Vec<Event>) -> Self {
        let mut started: Option<RunStarted> = None;
        let mut packs: BTreeMap<String, PackRun> = BTreeMap::new();
        let mut stale = Vec::new();
        for event in events {
            match event {
                Event::RunStarted(run) => started = Some(run),
                Event::PackStarted { pack } => drop(of(&mut packs, &pack)),
                Event::WizardDriven(wizard) => of(&mut packs, &wizard.pack).wizards.push(wizard),
                Event::CheckFinished(check) => of(&mut packs, &check.pack).checks.push(check),
                Event::PackFinished(done) => {
                    let pack = of(&mut packs, &done.pack);
                    pack.finished = Some(done);
                }
                Event::ExpectationStale { message } => stale.push(message),
                Event::RunFinished { .. } => {}
            }
        }
        let order = started
            .as_ref()
            .map(|s| s.packs.clone())
            .unwrap_or_default();
        let mut ordered: Vec<PackRun> = order.iter().filter_map(|p| packs.remove(p)).collect();
        ordered.extend(packs.into_values());
        Self {
            started,
            packs: ordered,
            stale,
        }
    }

    /// How many packs have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.packs.iter().filter(|p| p.verdict() == verdict).count()
    }

    /// How many concluded checks have this status.
    #[must_use]
    pub fn checks(&self, status: Status) -> usize {
        let checks = self.packs.iter().flat_map(|p| &p.checks);
        checks.filter(|c| c.status == status).count()
    }

    /// Steps that really ran, over all packs.
    #[must_use]
    pub fn steps_executed(&self) -> usize {
        let finished = self.packs.iter().filter_map(|p| p.finished.as_ref());
        finished.map(|f| f.steps_executed).sum()
    }

    /// The whole run in one line.
    #[must_use]
    pub fn tally(&self) -> String {
        let count = |verdict| self.count(verdict);
        format!(
            "{} packs: {} pass, {} fail, {} partial, {} error, {} not applicable; {} checks \
             passed, {} steps executed",
            self.packs.len(),
            count(Verdict::Pass),
            count(Verdict::Fail),
            count(Verdict::Partial),
            count(Verdict::Error),
            count(Verdict::NotApplicable),
            self.checks(Status::Passed),
            self.steps_executed(),
        )
    }

    /// What the process has to tell its caller. A violation outranks all else;
    /// nothing that is missing can become a success.
    #[must_use]
    pub fn exit(&self) -> Exit {
        let violates = |c: &CheckFinished| {
            let stage = c.check.split('.').next().unwrap_or_default();
            // What is only good practice violates nothing.
            let required = c.level == Level::Must;
            required && c.status == Status::Failed && matches!(stage, "archive" | "sandbox")
        };
        let any = |verdict| self.count(verdict) > 0;
        if self.packs.iter().flat_map(|p| &p.checks).any(violates) {
            Exit::Violation
        } else if any(Verdict::Error) {
            Exit::Harness
        } else if any(Verdict::Fail) {
            Exit::Fails
        } else if !self.stale.is_empty() {
            Exit::Stale
        } else if any(Verdict::Partial)
            || self.checks(Status::Passed) == 0
            || self.steps_executed() == 0
        {
            Exit::Nothing
        } else {
            Exit::Conforms
        }
    }
}

fn of<'p>(packs: &'p mut BTreeMap<String, PackRun>, label: &str) -> &'p mut PackRun {
    packs.entry(label.to_owned()).or_insert_with(|| PackRun {
        label: label.to_owned(),
        finished: None,
        wizards: Vec::new(),
        checks: Vec::new(),
    })
}

impl PackRun {
    /// The verdict; a pack that the run did not come to the end of is an error.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.finished.as_ref().map_or(Verdict::Error, |f| f.verdict)
    }

    /// Every violation as one line: `check (scope): code at place: actual`.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let failed = self.checks.iter().filter(|c| c.status >= Status::Failed);
        failed
            .flat_map(|c| {
                c.findings.iter().map(move |f| {
                    format!(
                        "{} ({}): {} at {}: {}",
                        c.check, c.scope, f.code, f.at, f.actual
                    )
                })
            })
            .collect()
    }
}
