//! Folds the event stream into what reports show: an index of the whole run,
//! and one pack at a time, so that memory does not grow with the packs.

use crate::events::{CheckFinished, Event, FORMAT, PackFinished, RunStarted, WizardDriven};
use crate::exit::{Error, Exit, show};
use crate::parsed::parse;
use crate::reports::since::Since;
use provision_core::text::inert;
use provision_core::{Status, Verdict};
use provision_oracle::Level;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// A run, folded.
#[derive(Debug)]
pub struct Run {
    /// How it began.
    pub started: RunStarted,
    /// The packs, in the order that the run announced.
    pub packs: Vec<PackSummary>,
    /// Expectations that are no longer true.
    pub stale: Vec<String>,
    /// Whether it came to its end.
    pub finished: bool,
    /// The signal that ended it before.
    pub interrupted: Option<String>,
    /// An earlier run, where there is one to be held against.
    pub since: Option<Since>,
    path: PathBuf,
}

/// What is kept in memory of each pack.
#[derive(Debug, Clone, Default)]
pub struct PackSummary {
    /// The pack's label.
    pub label: String,
    /// How many of its checks have each status.
    pub checks: BTreeMap<Status, usize>,
    /// Steps that really ran to a usable answer.
    pub steps_executed: usize,
    /// Steps that had to, at least.
    pub steps_due: usize,
    /// Sets of answers that an earlier run has tried, and this one has not.
    pub probes_recalled: usize,
    /// Ids of the profile's checks of which the stream says nothing.
    pub missing: Vec<String>,
    verdict: Option<Verdict>,
    started: bool,
    violates: bool,
    concluded: BTreeSet<String>,
    /// Where its events stand in the stream.
    spans: Vec<(u64, u64)>,
}

/// All that the stream says of one pack.
#[derive(Debug, Clone)]
pub struct PackRun {
    /// What the index says of it.
    pub summary: PackSummary,
    /// How it ended; `None` if the run was cut off before.
    pub finished: Option<PackFinished>,
    /// Its wizards.
    pub wizards: Vec<WizardDriven>,
    /// Its checks.
    pub checks: Vec<CheckFinished>,
    /// By how much the fuel of each step of each wizard has changed since an
    /// earlier run; `None` where nothing can be said.
    pub fuel_changes: Vec<Vec<Option<i64>>>,
}

impl Run {
    /// Folds the stream at `path`. What stands after the last line break was
    /// cut off while it was written, and is left out.
    ///
    /// # Errors
    /// [`Error::Io`], and [`Error::Usage`] where it is no such stream.
    pub fn read(path: &Path) -> Result<Self, Error> {
        let io = |e| Error::io("read", path, e);
        let mut reader = BufReader::new(File::open(path).map_err(io)?);
        let mut index = Index::default();
        let (mut line, mut at, mut number) = (Vec::new(), 0u64, 0usize);
        loop {
            line.clear();
            let read = reader.read_until(b'\n', &mut line).map_err(io)? as u64;
            if line.pop() != Some(b'\n') {
                break;
            }
            number += 1;
            let event = parse(&line).map_err(|e| bad(path, number, &e))?;
            index.add(event, (at, read));
            at += read;
        }
        index.finish(path)
    }

    /// Calls `each` with every pack, in the order of reports.
    ///
    /// # Errors
    /// What `each` says; [`Error::Io`] where the stream cannot be read again.
    pub fn each(&self, each: impl FnMut(&PackRun) -> Result<(), Error>) -> Result<(), Error> {
        self.each_where(|_| true, each)
    }

    /// Calls `each` with every pack that has this verdict, likewise.
    ///
    /// # Errors
    /// See [`Run::each`].
    pub fn each_of(
        &self,
        verdict: Verdict,
        each: impl FnMut(&PackRun) -> Result<(), Error>,
    ) -> Result<(), Error> {
        self.each_where(|pack| pack.verdict() == verdict, each)
    }

    fn each_where(
        &self,
        wanted: impl Fn(&PackSummary) -> bool,
        mut each: impl FnMut(&PackRun) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let io = |e| Error::io("read", &self.path, e);
        let mut file = File::open(&self.path).map_err(io)?;
        for summary in self.packs.iter().filter(|p| wanted(p)) {
            let mut pack = PackRun {
                summary: summary.clone(),
                finished: None,
                wizards: Vec::new(),
                checks: Vec::new(),
                fuel_changes: Vec::new(),
            };
            for (start, len) in &summary.spans {
                file.seek(SeekFrom::Start(*start)).map_err(io)?;
                let mut bytes = Vec::new();
                (&mut file).take(*len).read_to_end(&mut bytes).map_err(io)?;
                for line in bytes.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
                    match parse(line).map_err(|e| bad(&self.path, 0, &e))? {
                        Event::WizardDriven(wizard) => pack.wizards.push(wizard),
                        Event::CheckFinished(check) => pack.checks.push(check),
                        Event::PackFinished(done) => pack.finished = Some(done),
                        _ => {}
                    }
                }
            }
            let wizards = pack.wizards.iter();
            pack.fuel_changes = match &self.since {
                Some(since) => wizards.map(|w| since.changes(w)).collect(),
                None => wizards.map(|w| vec![None; w.steps.len()]).collect(),
            };
            each(&pack)?;
        }
        Ok(())
    }

    /// How many packs have this verdict.
    #[must_use]
    pub fn count(&self, verdict: Verdict) -> usize {
        self.packs.iter().filter(|p| p.verdict() == verdict).count()
    }

    /// How many concluded checks have this status.
    #[must_use]
    pub fn checks(&self, status: Status) -> usize {
        self.packs.iter().map(|p| p.count(status)).sum()
    }

    /// Sets of answers that an earlier run has tried, over all packs.
    #[must_use]
    pub fn probes_recalled(&self) -> usize {
        self.packs.iter().map(|p| p.probes_recalled).sum()
    }

    /// Steps that really ran, over all packs.
    #[must_use]
    pub fn steps_executed(&self) -> usize {
        self.packs.iter().map(|p| p.steps_executed).sum()
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
        let any = |verdict| self.count(verdict) > 0;
        if self.packs.iter().any(|p| p.violates) {
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

fn bad(path: &Path, line: usize, why: &str) -> Error {
    let why = inert(why, 200);
    Error::Usage(format!(
        "{}, line {line}: no event of this version: {why}",
        show(path)
    ))
}

/// An index that is being made.
#[derive(Default)]
struct Index {
    started: Option<RunStarted>,
    packs: BTreeMap<String, PackSummary>,
    stale: Vec<String>,
    finished: bool,
    interrupted: Option<String>,
}

impl Index {
    fn add(&mut self, event: Event, span: (u64, u64)) {
        match event {
            Event::RunStarted(run) => self.started = Some(*run),
            Event::PackStarted { pack } => self.of(&pack, None).started = true,
            Event::WizardDriven(wizard) => {
                self.of(&wizard.pack, Some(span));
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
                pack.probes_recalled = done.probes_recalled;
            }
            Event::ExpectationStale { message } => self.stale.push(message),
            Event::RunInterrupted { signal } => self.interrupted = Some(signal),
            Event::RunFinished { .. } => self.finished = true,
        }
    }

    fn of(&mut self, label: &str, span: Option<(u64, u64)>) -> &mut PackSummary {
        let pack = self
            .packs
            .entry(label.to_owned())
            .or_insert_with(|| PackSummary {
                label: label.to_owned(),
                ..PackSummary::default()
            });
        if let Some((start, len)) = span {
            match pack.spans.last_mut() {
                Some(last) if last.0 + last.1 == start => last.1 += len,
                _ => pack.spans.push((start, len)),
            }
        }
        pack
    }

    fn finish(mut self, path: &Path) -> Result<Run, Error> {
        let no_start = || Error::Usage(format!("{}: the stream has no beginning", show(path)));
        let started = self.started.take().ok_or_else(no_start)?;
        if started.format != FORMAT {
            let why = format!("events of form {}, not {FORMAT}", started.format);
            return Err(Error::Usage(format!("{}: {why}", show(path))));
        }
        // Every pack that was announced is in every report, run or not.
        let announced = started.packs.iter().map(|label| {
            self.packs.remove(label).unwrap_or_else(|| PackSummary {
                label: label.clone(),
                ..PackSummary::default()
            })
        });
        let mut packs: Vec<PackSummary> = announced.collect();
        packs.extend(self.packs.into_values());
        for pack in &mut packs {
            let concluded = std::mem::take(&mut pack.concluded);
            if started.filter.is_none() && pack.verdict.is_some() {
                let due = started.checks.iter().filter(|id| !concluded.contains(*id));
                pack.missing = due.cloned().collect();
            }
        }
        let run = Run {
            started,
            packs,
            stale: self.stale,
            finished: false,
            interrupted: self.interrupted,
            since: None,
            path: path.to_owned(),
        };
        Ok(if self.finished { run.ended() } else { run })
    }
}

/// What is only good practice violates nothing.
fn violates(check: &CheckFinished) -> bool {
    let stage = check.check.split('.').next().unwrap_or_default();
    let required = check.level == Level::Must;
    required && check.status == Status::Failed && matches!(stage, "archive" | "sandbox")
}

impl PackSummary {
    /// The verdict. A pack that the run did not come to the end of is an
    /// error, and so is one of which a check of the profile says nothing.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.verdict {
            Some(verdict) if self.missing.is_empty() => verdict,
            _ => Verdict::Error,
        }
    }

    /// Whether the run came to its end.
    pub(crate) fn is_concluded(&self) -> bool {
        self.verdict.is_some()
    }

    /// How many of its checks have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.checks.get(&status).copied().unwrap_or(0)
    }

    /// Why there is no verdict, where there is none.
    #[must_use]
    pub fn cut_off(&self) -> Option<String> {
        match (self.verdict, self.started) {
            (Some(_), _) if self.missing.is_empty() => None,
            (Some(_), _) => Some(format!(
                "the report has nothing of these checks: {}",
                self.missing.join(", ")
            )),
            (None, true) => Some("the run was cut off while it examined this pack".into()),
            (None, false) => Some("the run was cut off before it came to this pack".into()),
        }
    }
}

impl PackRun {
    /// The verdict, see [`PackSummary::verdict`].
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        self.summary.verdict()
    }

    /// The pack's label.
    #[must_use]
    pub fn label(&self) -> &str {
        &self.summary.label
    }

    /// Every violation as one line: `check (scope): code at place: actual`.
    #[must_use]
    pub fn errors(&self) -> Vec<String> {
        let failed = self.checks.iter().filter(|c| c.status >= Status::Failed);
        let lines = failed.flat_map(|c| {
            c.findings.iter().map(move |f| {
                format!(
                    "{} ({}): {} at {}: {}",
                    c.check, c.scope, f.code, f.at, f.actual
                )
            })
        });
        self.summary.cut_off().into_iter().chain(lines).collect()
    }
}
