//! One conformance run: packs in, events out.

use crate::artifacts;
use crate::discover::PackRef;
use crate::events::{ConfigFile, Event, EventLog, FORMAT, RunStarted, Shard};
use crate::exit::Error;
use crate::expectations::Expectations;
use crate::progress::Progress;
use crate::told::events;
use crate::{repro, source};
use provision_core::pack::digest;
use provision_core::wizard::StepExecutor;
use provision_core::{OpenError, Source, Verdict};
use provision_oracle::{CheckResult, Conditions, Level, Subject, checks, judge, observe, verdict};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

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
    let examined = Examined {
        subject,
        results,
        verdict,
    };
    let millis = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    let events = events(pack, &flags, &examined, millis);
    if let Some(Event::PackFinished(done)) = events.last() {
        progress.finished(done);
    }
    // NB: together, so that a report finds all of a pack in one place.
    log.emit_all(&events);
    Ok(())
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
    use provision_core::wizard::{StepAnswer, StepRequest};
    use provision_core::{Pack, Status};
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
