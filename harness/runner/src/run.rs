//! One conformance run: packs in, events out.

use crate::artifacts;
use crate::discover::PackRef;
use crate::events::{
    CheckFinished, ConfigFile, Event, EventLog, FORMAT, PackFinished, RunStarted, Shard, StepDone,
    WizardDriven,
};
use crate::exit::{Error, show};
use crate::expectations::Expectations;
use crate::progress::Progress;
use crate::{repro, source};
use provision_core::pack::digest;
use provision_core::text::inert;
use provision_core::wizard::{Outcome, StepExecutor, StepRun};
use provision_core::{OpenError, Source, Status, Verdict};
use provision_oracle::minimum::{due, due_steps};
use provision_oracle::{
    CheckResult, Conditions, Level, Observed, Subject, checks, executed_steps, judge, observe,
    verdict,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

/// Notes of a plan that an event keeps, and characters of each.
const NOTES: (usize, usize) = (50, 300);

/// What a run is to do.
#[derive(Debug)]
pub struct Options {
    /// The level up to which checks are required.
    pub level: Level,
    /// Files of the trusted keys, for the commands that reproduce a failure.
    pub trust: Vec<PathBuf>,
    /// Only checks whose trial name `pack::scope::check` contains this.
    pub filter: Option<String>,
    /// Conditions under which packs are observed.
    pub conditions: Conditions,
    /// Where artifacts of failures go.
    pub artifacts: PathBuf,
    /// Packs that are examined at once, at least one.
    pub jobs: usize,
    /// Failures that are expected, and excused while they are.
    pub expectations: Option<Expectations>,
    /// The files that decide besides the packs.
    pub configuration: Vec<ConfigFile>,
    /// Whether all packs that the caller has are examined, and by all checks.
    pub complete: bool,
}

/// The name of the profile that requires checks up to `level`.
#[must_use]
pub fn profile(level: Level) -> &'static str {
    match level {
        Level::Must => "core",
        Level::Publish => "publish",
        Level::Should => "strict",
    }
}

/// A pack, observed and judged.
pub struct Examined {
    /// What was observed.
    pub subject: Subject,
    /// What the checks of the profile say of it.
    pub results: Vec<CheckResult>,
    /// The verdict over all of them.
    pub verdict: Verdict,
}

/// Reads, observes and judges one pack. A panic on the way is this pack's
/// error and leaves the others theirs.
#[must_use]
pub fn examine(
    pack: &PackRef,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let source = source::load(&pack.path, &conditions.limits.archive);
    examine_source(source, executor, conditions, level)
}

/// Observes and judges what was read of one pack; likewise.
#[must_use]
pub fn examine_source(
    source: Result<Source, OpenError>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let judged = |source| judged(source, executor, conditions, level);
    let look = |source| catch_unwind(AssertUnwindSafe(|| judged(source)));
    look(source)
        .or_else(|_| {
            let why = "the harness panicked over this pack; standard error says where";
            look(Err(OpenError::Unread(why.into())))
        })
        .unwrap_or_else(|panic| resume_unwind(panic))
}

fn judged(
    source: Result<Source, OpenError>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let subject = observe(source, executor, conditions);
    let mut results = judge(&subject);
    results.retain(|r| r.level <= level);
    let verdict = verdict(&subject, &results);
    Examined {
        subject,
        results,
        verdict,
    }
}

/// Examines all `packs` and emits what there is to say of them to `log`.
///
/// # Errors
/// The first [`Error`] of writing artifacts; the packs themselves cannot fail
/// a run, they get a verdict.
pub fn run(
    packs: &[PackRef],
    executor: &dyn StepExecutor,
    options: &Options,
    (log, progress): (&EventLog, &Progress),
) -> Result<(), Error> {
    let next = AtomicUsize::new(0);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for _ in 0..options.jobs.clamp(1, packs.len().max(1)) {
            scope.spawn(|| {
                while let Some(pack) = packs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if let Err(e) = one(pack, executor, options, (log, progress)) {
                        let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                        first.get_or_insert(e);
                    }
                }
            });
        }
    });
    if let Some(expectations) = &options.expectations {
        for message in expectations.stale(options.complete) {
            log.emit(&Event::ExpectationStale { message });
        }
    }
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(e) => Err(e),
        None => Ok(()),
    }
}

fn one(
    pack: &PackRef,
    executor: &dyn StepExecutor,
    options: &Options,
    (log, progress): (&EventLog, &Progress),
) -> Result<(), Error> {
    let started = Instant::now();
    log.emit(&Event::PackStarted {
        pack: pack.label.clone(),
    });
    progress.started(&pack.label);
    let Examined {
        subject,
        mut results,
        ..
    } = examine(pack, executor, &options.conditions, options.level);
    let trial = |r: &CheckResult| format!("{}::{}::{}", pack.label, r.scope, r.check);
    if let Some(filter) = &options.filter {
        results.retain(|r| trial(r).contains(filter.as_str()));
    }
    if let Some(expectations) = &options.expectations {
        expectations.apply(&subject, &mut results);
    }
    // Of the selected checks alone: what was filtered out is not claimed.
    let verdict = verdict(&subject, &results);
    let secrets = subject.secrets();
    let mut events = Vec::new();
    for observed in subject.wizards() {
        let mut driven = driven(pack, observed);
        let messages = driven.steps.iter_mut().filter_map(|s| s.message.as_mut());
        for text in messages.chain(&mut driven.notes) {
            *text = secrets.without(text);
        }
        events.push(Event::WizardDriven(driven));
    }
    let flags = artifacts::flags(options.level, &options.trust);
    artifacts::write(&options.artifacts, pack, &flags, &subject, &results)?;
    let judged_by = (&options.conditions, options.level);
    repro::write(
        (&options.artifacts, pack),
        executor,
        judged_by,
        &subject,
        &results,
    )?;
    for result in results {
        events.push(Event::CheckFinished(concluded(pack, &flags, result)));
    }
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let done = finished(pack, &subject, verdict, millis);
    progress.finished(&done);
    events.push(Event::PackFinished(done));
    // NB: together, so that a report finds all of a pack in one place.
    log.emit_all(&events);
    Ok(())
}

fn concluded(pack: &PackRef, flags: &str, result: CheckResult) -> CheckFinished {
    let scope = result.scope.to_string();
    let good = result.status == Status::Passed || !result.applicable;
    CheckFinished {
        pack: pack.label.clone(),
        reproduce: (!good).then(|| artifacts::reproduce(pack, flags, &scope, result.check)),
        scope,
        check: result.check.to_owned(),
        level: result.level,
        status: result.status,
        applicable: result.applicable,
        reason: result.reason,
        findings: result.findings,
    }
}

fn driven(pack: &PackRef, observed: &Observed) -> WizardDriven {
    let run = observed.run();
    let notes = run.map(|r| r.plan.notes.as_slice()).unwrap_or_default();
    WizardDriven {
        pack: pack.label.clone(),
        wizard: observed.wizard.name.clone(),
        kind: observed.wizard.kind,
        driver: observed.wizard.driver.name().to_owned(),
        outcome: run.map_or_else(|| "no inputs".into(), |r| outcome(&r.outcome)),
        steps_due: due_steps(&observed.wizard),
        steps: run
            .map(|r| r.steps.iter().map(step).collect())
            .unwrap_or_default(),
        notes: notes
            .iter()
            .take(NOTES.0)
            .map(|n| inert(n, NOTES.1))
            .collect(),
    }
}

/// An outcome in words, for events and people.
#[must_use]
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Completed => "completed".into(),
        Outcome::Failed => "failed".into(),
        Outcome::Refused { step } => format!("refused by {step}"),
        Outcome::NothingRan => "nothing ran".into(),
    }
}

fn step(run: &StepRun) -> StepDone {
    let status = match (&run.result, run.failure()) {
        (None, _) => "not_run",
        (_, Some(failure)) => failure.code.code(),
        _ => "ok",
    };
    StepDone {
        step: run.step.name().to_owned(),
        node: run.node.as_deref().map(|n| inert(n, 200)),
        function: inert(&run.function, 200),
        component: run.component.clone(),
        status: status.into(),
        message: run.failure().map(|f| f.message.clone()),
        meters: run.meters,
        attempts: run.attempts.calls.clone(),
    }
}

fn finished(pack: &PackRef, subject: &Subject, verdict: Verdict, millis: u64) -> PackFinished {
    let manifest = subject.opened.as_ref().ok().map(|o| o.pack.manifest());
    let text = |value: Option<&String>| value.map(|v| inert(v, 200));
    let setup = subject.wizards().iter().find(|o| o.wizard.primary);
    let plan = setup
        .and_then(Observed::run)
        .filter(|r| r.completed())
        .map(|r| &r.plan);
    PackFinished {
        pack: pack.label.clone(),
        path: show(&pack.path),
        id: text(manifest.and_then(|m| m.id.as_ref())),
        version: text(manifest.and_then(|m| m.version.as_ref())),
        digest: subject.digest.clone(),
        verdict,
        steps_executed: executed_steps(subject),
        steps_due: due(subject),
        probes: probes(subject),
        resident_peak: resident_peak(),
        plan_notes: plan.map_or(0, |p| p.notes.len()),
        secret_keys: plan
            .map(|p| p.secrets_patch.set.keys().map(|k| inert(k, 200)).collect())
            .unwrap_or_default(),
        millis,
    }
}

/// Other sets of answers that were tried, over all wizards.
fn probes(subject: &Subject) -> usize {
    let runs = subject
        .wizards()
        .iter()
        .filter_map(|o| o.runs.as_ref().ok());
    let probed = runs.filter_map(|r| r.probed.as_ref());
    probed.map(|p| p.probes.len()).sum()
}

/// Peak resident memory of this process in bytes, where the system tells.
fn resident_peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kib = line.and_then(|l| l.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

/// The event that a run over `packs` begins with; `all` are the labels before
/// shards were made of them.
#[must_use]
pub fn started(
    packs: &[PackRef],
    all: &[String],
    shard: Option<Shard>,
    options: &Options,
) -> RunStarted {
    let checks = checks::all().filter(|c| c.level <= options.level);
    RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        profile: profile(options.level).to_owned(),
        filter: options.filter.clone(),
        public_base_url: options.conditions.public_base_url.clone(),
        shard,
        selection: digest(all.join("\n").as_bytes()),
        seed: options.conditions.seed,
        limits: options.conditions.limits.clone(),
        configuration: options.configuration.clone(),
        packs: packs.iter().map(|p| p.label.clone()).collect(),
        checks: checks.map(|c| c.id.to_owned()).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::Pack;
    use provision_core::wizard::{StepAnswer, StepRequest};
    use std::path::Path;

    struct Panics;

    impl StepExecutor for Panics {
        fn execute(&self, _: &Pack, _: &StepRequest) -> StepAnswer {
            panic!("on purpose, by a test")
        }
    }

    #[test]
    fn a_panic_is_the_error_of_one_pack() {
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
        let pack = PackRef {
            label: "noop".into(),
            path: packs.join("conforming/noop-provision"),
        };
        let examined = examine(&pack, &Panics, &Conditions::default(), Level::Must);
        assert_eq!(examined.verdict, Verdict::Error);
        let failed = examined.results.iter().find(|r| r.status == Status::Error);
        let finding = &failed.expect("an error").findings[0];
        assert!(finding.actual.contains("panicked"), "{finding:?}");
    }
}
