//! Recordings: traces and spans of flows that ran, judged by their own checks, and reported
//! through the same events as packs.

mod find;
mod listing;
mod observe;

pub use find::find;
pub use listing::list;
pub use observe::{Aids, Executing, observe};

use crate::discover::PackRef;
use crate::events::{
    CheckFinished, ConfigFile, Event, EventLog, FORMAT, PackFinished, Requirement, RunKind,
    RunStarted,
};
use crate::evidence::quoted;
use crate::exit::show;
use crate::expectations::Expectations;
use crate::interrupt;
use crate::progress::Progress;
use crate::repo_path::file_of;
use crate::resident::resident_peak;
use crate::shard::Part;
use provision_core::pack::digest;
use provision_core::{Limits, Status, Verdict};
use provision_oracle::recorded::{self, Recording};
use provision_oracle::{Check, CheckResult, Level, causes_of_recording};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// The options of a run over recordings.
#[derive(Debug)]
pub struct Options {
    /// The level up to which checks are required.
    pub level: Level,
    /// The checks that the caller left out, by id.
    pub without: Vec<String>,
    /// Only checks whose trial name `recording::scope::check` contains this.
    pub filter: Option<String>,
    /// What the run knows in addition to the recordings.
    pub aids: Aids,
    /// The flags of the command that judges a recording again.
    pub flags: String,
    /// The number of recordings that are judged at once, at least one.
    pub jobs: usize,
    /// Expected failures, which are excused.
    pub expectations: Option<Expectations>,
    /// The files other than recordings that affect the result.
    pub configuration: Vec<ConfigFile>,
    /// Whether the run judges all recordings of the caller, by all checks.
    pub complete: bool,
    /// When the run begins, in seconds of Unix time.
    pub now: u64,
}

impl Options {
    /// Whether the run judges by `check`.
    fn asks(&self, check: &Check) -> bool {
        check.level <= self.level && !self.without.iter().any(|id| id == check.id)
    }

    /// Whether the filter of the run selects `check` of the recording `label`.
    fn selects(&self, label: &str, check: &Check) -> bool {
        let filter = self.filter.as_deref();
        filter.is_none_or(|filter| trial(label, check.id).contains(filter))
    }
}

fn trial(label: &str, check: &str) -> String {
    format!("{label}::recording::{check}")
}

/// Judges all `recordings` and emits the events of each.
pub fn run(recordings: &[PackRef], options: &Options, log: &EventLog, progress: &Progress) {
    let next = AtomicUsize::new(0);
    let work = || {
        while let Some(recording) = recordings.get(next.fetch_add(1, Ordering::Relaxed)) {
            if interrupt::asked().is_some() {
                return;
            }
            one(recording, options, log, progress);
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.min(recordings.len()) {
            scope.spawn(work);
        }
    });
    if let Some(expectations) = &options.expectations
        && interrupt::asked().is_none()
    {
        for message in expectations.stale(options.complete) {
            log.emit(&Event::ExpectationStale { message });
        }
    }
}

/// open → observe → judge → excuse → conclude → events.
fn one(recording: &PackRef, options: &Options, log: &EventLog, progress: &Progress) {
    let label = &recording.label;
    log.emit(&Event::PackStarted {
        pack: label.clone(),
    });
    progress.started(label);
    let begun = Instant::now();
    let observed = observe(recording, &options.aids);
    if interrupt::asked().is_some() {
        return;
    }
    let judge = |wanted: &dyn Fn(&Check) -> bool| {
        recorded::judge(&observed, |check| {
            wanted(check) && options.selects(label, check)
        })
    };
    let results = judge(&|check| options.asks(check));
    let advice = judge(&|check| check.level > options.level);
    let (results, advice) = match &options.expectations {
        None => (results, advice),
        Some(expectations) => {
            let excused = expectations.excuse_recording(label, results);
            expectations.record(label, &excused.fates);
            let advice = expectations.excuse_recording(label, advice);
            (excused.results, advice.results)
        }
    };
    let verdict = recorded::verdict(&observed, &results);
    let judged = JudgedRecording {
        observed: &observed,
        results: &results,
        advice: &advice,
        verdict,
        millis: u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX),
    };
    let events = judged.events(recording, options);
    if let Some(Event::PackFinished(done)) = events.last() {
        progress.finished(done);
    }
    log.emit_all(&events);
}

/// A recording with its results.
struct JudgedRecording<'r> {
    observed: &'r Recording,
    results: &'r [CheckResult],
    advice: &'r [CheckResult],
    verdict: Verdict,
    millis: u64,
}

impl JudgedRecording<'_> {
    fn events(&self, recording: &PackRef, options: &Options) -> Vec<Event> {
        let label = &recording.label;
        let again = |filter: Option<&str>| {
            let path = quoted(&recording.path.to_string_lossy());
            let filter = filter.map(|check| {
                let name = trial(&recording.own_label(), check);
                format!(" --filter {}", quoted(&name))
            });
            let (flags, filter) = (&options.flags, filter.unwrap_or_default());
            format!("greentic-provision trace check {path}{flags}{filter}")
        };
        let mut events = Vec::new();
        for result in self.results {
            let good = result.status <= Status::Excused;
            events.push(Event::CheckFinished(CheckFinished {
                pack: label.clone(),
                scope: result.scope.to_string(),
                check: result.check.to_owned(),
                level: result.level,
                status: result.status,
                reason: result.reason.clone(),
                findings: result.findings.clone(),
                reproduce: (!good).then(|| again(Some(result.check))),
            }));
        }
        let failed = self.results.iter().filter(|r| r.status >= Status::Failed);
        let reproduce = match failed.map(|r| r.check).collect::<Vec<_>>().as_slice() {
            [] => None,
            [only] => Some(again(Some(only))),
            _ => Some(again(None)),
        };
        let done = self.finished(recording, reproduce);
        events.push(Event::PackFinished(Box::new(done)));
        events
    }

    fn finished(&self, recording: &PackRef, reproduce: Option<String>) -> PackFinished {
        let excused: Vec<CheckResult> = self.all().filter_map(as_failed).collect();
        let entries = usize::try_from(self.observed.entries).unwrap_or(usize::MAX);
        PackFinished {
            pack: recording.label.clone(),
            path: show(&recording.path),
            file: Some(file_of(&recording.path)),
            id: self.observed.format(),
            version: None,
            role: None,
            digest: self.observed.digest.clone(),
            registry: None,
            previous: None,
            verdict: self.verdict,
            steps_executed: entries,
            steps_due: 1,
            probes: 0,
            resident_peak: resident_peak(),
            plan_notes: 0,
            secret_keys: Vec::new(),
            millis: self.millis,
            micros: None,
            causes: causes_of_recording(self.all()),
            excused: causes_of_recording(&excused),
            reproduce,
        }
    }

    fn all(&self) -> impl Iterator<Item = &CheckResult> {
        self.results.iter().chain(self.advice)
    }
}

/// The result as it would be without expectations, if they excuse it.
fn as_failed(result: &CheckResult) -> Option<CheckResult> {
    (result.status == Status::Excused).then(|| CheckResult {
        status: Status::Failed,
        ..result.clone()
    })
}

/// The event that a run over `recordings` begins with; `all` are the labels of the
/// recordings of all shards.
#[must_use]
pub fn started(
    recordings: &[PackRef],
    all: &[String],
    part: Option<&Part>,
    options: &Options,
) -> RunStarted {
    let checks = RunKind::Recordings.checks();
    let checks: Vec<&Check> = checks.filter(|check| options.asks(check)).collect();
    RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        at: Some(options.now),
        profile: options.level.profile().to_owned(),
        filter: options.filter.clone(),
        public_base_url: String::new(),
        shard: part.map(|part| part.shard),
        cut: part.map(|part| part.cut.clone()),
        selection: digest(all.join("\n").as_bytes()),
        seed: 0,
        limits: Limits::default(),
        configuration: options.configuration.clone(),
        unowned_expectations: options
            .expectations
            .as_ref()
            .map_or(0, Expectations::unowned),
        judged: RunKind::Recordings,
        without: options.without.clone(),
        packs: recordings.iter().map(|r| r.label.clone()).collect(),
        checks: checks.iter().map(|c| c.id.to_owned()).collect(),
        requirements: Requirement::of(checks),
    }
}
