//! Folds the event stream into what reports show: an index of the whole run,
//! and one pack at a time, so that memory does not grow with the packs.

mod baseline;
mod ending;
mod index;

use crate::events::read::parse;
use crate::events::{CheckFinished, Event, PackFinished, RunStarted, WizardDriven};
use crate::exit::{Error, Exit, show};
use crate::parallel::par_map;
pub use baseline::Baseline;
use index::Index;
use provision_core::text::inert;
use provision_core::{Status, Verdict};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// Bytes of the stream that are looked at together, on all processors.
const AT_ONCE: usize = 1024 * 1024;

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
    pub baseline: Option<Baseline>,
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
        let (mut at, mut number) = (0u64, 0usize);
        loop {
            let lines = lines(&mut reader).map_err(io)?;
            if lines.is_empty() {
                break;
            }
            for (line, event) in lines.iter().zip(par_map(&lines, |line| parse(line))) {
                number += 1;
                let len = line.len() as u64;
                let event = event.map_err(|e| bad(path, number, &e))?;
                index.add(event, (at, len));
                at += len;
            }
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
        let mut wanted = self.packs.iter().filter(|p| wanted(p)).peekable();
        while wanted.peek().is_some() {
            let (mut packs, mut bytes) = (Vec::new(), 0);
            while let Some(summary) = wanted.next_if(|_| bytes < AT_ONCE) {
                let told = told(summary, &mut file).map_err(io)?;
                bytes += told.len();
                packs.push((summary, told));
            }
            for pack in par_map(&packs, |(summary, told)| self.pack(summary, told)) {
                each(&pack?)?;
            }
        }
        Ok(())
    }

    /// What the lines `told` say of a pack.
    fn pack(&self, summary: &PackSummary, told: &[u8]) -> Result<PackRun, Error> {
        let mut pack = PackRun {
            summary: summary.clone(),
            finished: None,
            wizards: Vec::new(),
            checks: Vec::new(),
            fuel_changes: Vec::new(),
        };
        for line in told.split(|b| *b == b'\n').filter(|l| !l.is_empty()) {
            match parse(line).map_err(|e| bad(&self.path, 0, &e))? {
                Event::WizardDriven(wizard) => pack.wizards.push(wizard),
                Event::CheckFinished(check) => pack.checks.push(check),
                Event::PackFinished(done) => pack.finished = Some(done),
                _ => {}
            }
        }
        let wizards = pack.wizards.iter();
        pack.fuel_changes = match &self.baseline {
            Some(baseline) => wizards.map(|w| baseline.changes(w)).collect(),
            None => wizards.map(|w| vec![None; w.steps.len()]).collect(),
        };
        Ok(pack)
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

/// The next whole lines, with their ends, about as many as are read at once.
fn lines(reader: &mut impl BufRead) -> std::io::Result<Vec<Vec<u8>>> {
    let (mut lines, mut bytes) = (Vec::new(), 0);
    while bytes < AT_ONCE {
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            break;
        }
        bytes += line.len();
        lines.push(line);
    }
    Ok(lines)
}

/// The lines of the stream that are about a pack.
fn told(pack: &PackSummary, file: &mut File) -> std::io::Result<Vec<u8>> {
    let mut told = Vec::new();
    for (start, len) in &pack.spans {
        file.seek(SeekFrom::Start(*start))?;
        file.take(*len).read_to_end(&mut told)?;
    }
    Ok(told)
}

fn bad(path: &Path, line: usize, why: &str) -> Error {
    let why = inert(why, 200);
    Error::Usage(format!(
        "{}, line {line}: no event of this version: {why}",
        show(path)
    ))
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
