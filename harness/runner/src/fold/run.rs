//! A run as reports show it: the contents of its stream, and conclusions from them.

use super::baseline::Baseline;
use crate::events::{
    CheckFinished, FORMAT, FlowWalked, PackFinished, RunKind, RunStarted, WizardDriven,
};
use crate::exit::Exit;
use provision_core::text::counted;
use provision_core::{Limits, Status, Verdict, manifest};
use provision_oracle::{Cause, Level};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// The fold of one event stream.
#[derive(Debug)]
pub struct Run {
    /// The event that the run begins with.
    pub started: RunStarted,
    /// The packs, in the order that the run announced.
    pub packs: Vec<PackSummary>,
    /// Expectations that are no longer true.
    pub stale: Vec<String>,
    /// Whether the run finished.
    pub finished: bool,
    /// The signal that ended the run early.
    pub interrupted: Option<String>,
    /// The error that kept the run from beginning.
    pub failure: Option<String>,
    /// The earlier run that this one is compared with, if there is one.
    pub baseline: Option<Baseline>,
    pub(super) path: PathBuf,
}

/// The data of each pack that stays in memory.
#[derive(Debug, Clone, Default)]
pub struct PackSummary {
    /// The pack's label.
    pub label: String,
    /// How many of its checks have each status.
    pub checks: BTreeMap<Status, usize>,
    /// The number of steps that ran to a usable answer.
    pub steps_executed: usize,
    /// The number of steps that must run to a usable answer.
    pub steps_due: usize,
    /// Ids of the profile's checks that have no result in the stream.
    pub missing: Vec<String>,
    pub(super) verdict: Option<Verdict>,
    pub(super) started: bool,
    pub(super) violates: bool,
    /// The checks with a result and their scopes; empty once the pack is finished.
    pub(super) concluded: BTreeMap<String, BTreeSet<String>>,
    /// Bytes of its events.
    pub(super) bytes: u64,
    /// Where its events are in the stream.
    pub(super) spans: Vec<Span>,
}

/// A range of the stream, in bytes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) len: u64,
}

/// All events of one pack.
#[derive(Debug, Clone)]
pub struct PackRun {
    /// Its summary in the index.
    pub summary: PackSummary,
    /// Its last event, without the causes; `None` if the run was cut off before it.
    pub finished: Option<PackFinished>,
    /// Its wizards.
    pub wizards: Vec<WizardDriven>,
    /// The walks through its own flows.
    pub flows: Vec<FlowWalked>,
    /// Its checks.
    pub checks: Vec<CheckFinished>,
    /// The causes of its failures, the most important first: at least one for each failed
    /// check.
    pub causes: Vec<Cause>,
    /// The change in fuel of each step of each wizard since an earlier run; `None`
    /// if no earlier run had this step.
    pub fuel_changes: Vec<Vec<Option<i64>>>,
}

impl Run {
    /// A run that did not begin, because of `why`: it has no packs and no stream.
    #[must_use]
    pub fn not_begun(why: String) -> Self {
        Self {
            started: RunStarted {
                at: None,
                format: FORMAT,
                version: env!("CARGO_PKG_VERSION").to_owned(),
                profile: Level::Must.profile().to_owned(),
                filter: None,
                public_base_url: String::new(),
                shard: None,
                cut: None,
                selection: String::new(),
                seed: 0,
                limits: Limits::default(),
                configuration: Vec::new(),
                unowned_expectations: 0,
                judged: RunKind::Packs,
                without: Vec::new(),
                packs: Vec::new(),
                checks: Vec::new(),
                requirements: BTreeMap::new(),
            },
            packs: Vec::new(),
            stale: Vec::new(),
            finished: false,
            interrupted: None,
            failure: Some(why),
            baseline: None,
            path: PathBuf::new(),
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
        self.packs.iter().map(|p| p.count(status)).sum()
    }

    /// The number of steps that ran to a usable answer, over all packs.
    #[must_use]
    pub fn steps_executed(&self) -> usize {
        // NB: a stream may contain any number, so the sum must not overflow.
        let steps = self.packs.iter().map(|p| p.steps_executed);
        steps.fold(0, usize::saturating_add)
    }

    /// The whole run in one line.
    #[must_use]
    pub fn tally(&self) -> String {
        let count = |verdict| self.count(verdict);
        let excused = match self.checks(Status::Excused) {
            0 => String::new(),
            excused => format!("{excused} excused, "),
        };
        let judged = self.started.judged;
        let without = self.left_out();
        let without = without.map(|why| format!("; {why}")).unwrap_or_default();
        format!(
            "{}: {} pass, {} fail, {} partial, {} error, {} not applicable; {} \
             passed, {excused}{}{without}",
            judged.counted(self.packs.len()),
            count(Verdict::Pass),
            count(Verdict::Fail),
            count(Verdict::Partial),
            count(Verdict::Error),
            count(Verdict::NotApplicable),
            counted(self.checks(Status::Passed), "check", "checks"),
            judged.evidence(self.steps_executed()),
        )
    }

    /// How many expectations have no owner, in words; `None` if all have one.
    #[must_use]
    pub fn unowned(&self) -> Option<String> {
        match self.started.unowned_expectations {
            0 => None,
            1 => Some("1 expectation has no owner yet".into()),
            count => Some(format!("{count} expectations have no owner yet")),
        }
    }

    /// The checks that the caller left out, in words; `None` if there are none.
    #[must_use]
    pub fn left_out(&self) -> Option<String> {
        match self.started.without.as_slice() {
            [] => None,
            ids => Some(format!("without {}", ids.join(", "))),
        }
    }

    /// The exit code of the run. A violation has precedence over all other results;
    /// a missing result never becomes a success.
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

    /// Why the run is no success, where no pack shows it: reports in which every pack is
    /// green say this instead.
    #[must_use]
    pub fn shortfall(&self) -> Option<String> {
        if let Some(stale) = self.stale.first() {
            let more = match self.stale.len() {
                1 => String::new(),
                count => format!(", and {} more are", count - 1),
            };
            return Some(format!("an expectation is stale{more}: {stale}"));
        }
        if self.packs.iter().any(|p| p.verdict() >= Verdict::Partial) {
            return None;
        }
        let judged = self.started.judged;
        Some(if let Some(cut) = self.cut() {
            cut
        } else if self.packs.is_empty() {
            format!("no {} was judged", judged.one())
        } else if self.checks(Status::Passed) == 0 {
            let judged = judged.name();
            format!("no check passed: none of those that were selected applies to these {judged}")
        } else if self.steps_executed() == 0 {
            judged.nothing().into()
        } else {
            return None;
        })
    }

    /// The same run, ended early by `signal`.
    #[must_use]
    pub fn cut_by(mut self, signal: &str) -> Self {
        self.interrupted = Some(signal.to_owned());
        self
    }

    /// The same run over these packs, for what counts them: their events are not in its
    /// stream.
    #[must_use]
    pub(crate) fn over(&self, packs: Vec<PackSummary>, stale: Vec<String>) -> Self {
        Self {
            started: self.started.clone(),
            packs,
            stale,
            finished: true,
            failure: None,
            ..Self::not_begun(String::new())
        }
    }

    /// Why the run did not finish, in words; `None` if it did.
    #[must_use]
    pub fn cut(&self) -> Option<String> {
        match (&self.failure, &self.interrupted) {
            _ if self.finished => None,
            (Some(why), _) => Some(format!("The run did not begin: {why}")),
            (None, Some(signal)) => Some(format!("The run was interrupted by {signal}")),
            (None, None) => Some("The run was cut off".into()),
        }
    }

    /// The same run, finished.
    #[must_use]
    pub fn ended(mut self) -> Self {
        self.finished = true;
        if self.started.filter.is_some() {
            // Leave out finished packs of which the filter selected no check.
            let judged = |p: &PackSummary| !p.checks.is_empty() || !p.is_concluded();
            self.packs.retain(judged);
        }
        self
    }

    /// The last level that the run's profile requires.
    #[must_use]
    pub fn level(&self) -> Level {
        Level::of_profile(&self.started.profile).unwrap_or(Level::Should)
    }

    /// The requirement of check `id`. Streams of earlier versions have none.
    #[must_use]
    pub fn requirement(&self, id: &str) -> Option<&str> {
        let requirement = self.started.requirements.get(id)?;
        Some(&requirement.text)
    }
}

impl PackSummary {
    /// The verdict. It is an error if the run did not finish the pack, or if a check
    /// of the profile has no result.
    #[must_use]
    pub fn verdict(&self) -> Verdict {
        match self.verdict {
            Some(verdict) if self.missing.is_empty() => verdict,
            _ => Verdict::Error,
        }
    }

    /// Whether the run finished this pack.
    fn is_concluded(&self) -> bool {
        self.verdict.is_some()
    }

    /// Whether the verdict is bad for a reason that no failed check of the pack shows.
    #[must_use]
    pub fn fails_by_verdict(&self) -> bool {
        let failed = self.count(Status::Failed) + self.count(Status::Error);
        self.verdict() >= Verdict::Partial && (failed == 0 || self.cut_off().is_some())
    }

    /// How many of its checks have this status.
    #[must_use]
    pub fn count(&self, status: Status) -> usize {
        self.checks.get(&status).copied().unwrap_or(0)
    }

    /// Why there is no verdict; `None` if there is one.
    #[must_use]
    pub fn cut_off(&self) -> Option<String> {
        match (self.verdict, self.started) {
            (Some(_), _) if self.missing.is_empty() => None,
            (Some(_), _) => Some(format!(
                "the event stream has no result of these checks: {}",
                self.missing.join(", ")
            )),
            (None, true) => Some("the run was cut off while it examined this pack".into()),
            (None, false) => Some("the run was cut off before it reached this pack".into()),
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

    /// The path of the pack in its repository: a name that does not depend on what else is
    /// judged. The label if the pack is not finished, or is the whole repository.
    #[must_use]
    pub fn place(&self) -> &str {
        let file = self.finished.as_ref().and_then(|f| f.file.as_deref());
        let is_manifest = |name: &str| manifest::FILE_NAMES.contains(&name);
        match file.map(|file| (file, file.rsplit_once('/'))) {
            Some((_, Some((folder, name)))) if is_manifest(name) => folder,
            Some((file, _)) if !is_manifest(file) => file,
            _ => self.label(),
        }
    }

    /// The causes of the failures of each check, by its id and scope.
    #[must_use]
    pub fn causes_by_check(&self) -> BTreeMap<(&str, &str), Vec<&Cause>> {
        let mut all: BTreeMap<(&str, &str), Vec<&Cause>> = BTreeMap::new();
        for cause in &self.causes {
            for place in &cause.places {
                let of_check = all.entry((&place.check, &place.scope)).or_default();
                let is_new = |last: &&Cause| !std::ptr::eq(*last, cause);
                if of_check.last().is_none_or(is_new) {
                    of_check.push(cause);
                }
            }
        }
        all
    }

    /// Every violation as one line: `check (scope): code at place: actual`.
    pub fn errors(&self) -> impl Iterator<Item = String> {
        let failed = self.checks.iter().filter(|c| c.status >= Status::Failed);
        let lines = failed.flat_map(|c| {
            c.findings.iter().map(move |f| {
                format!(
                    "{} ({}): {} at {}: {}",
                    c.check, c.scope, f.code, f.at, f.actual
                )
            })
        });
        self.summary.cut_off().into_iter().chain(lines)
    }
}
