//! One conformance run: packs in, events out.

use crate::discover::PackRef;
use crate::events::{ConfigFile, Event, EventLog, FORMAT, RunStarted, Shard};
use crate::evidence;
use crate::exit::Error;
use crate::expectations::Expectations;
use crate::pack_events::events;
use crate::progress::Progress;
use crate::schedule::{Ready, Work};
use crate::timings::{Clock, PackTimes};
use crate::{interrupt, repro, source};
use provision_core::pack::digest;
use provision_core::wizard::StepExecutor;
use provision_core::{OpenError, Source, Verdict};
use provision_oracle::{
    CheckResult, Conditions, Level, Opening, Subject, checks, judge_by, observe_opened, verdict,
};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

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
    /// How long judging took.
    pub judging: Duration,
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
    examine_opened(opened(source, conditions), executor, conditions, level)
}

/// What becomes of a pack that the harness panicked over.
fn panicked() -> OpenError {
    let why = "the harness panicked over this pack; standard error says where";
    OpenError::Unread(why.into())
}

/// Verifies what was read of a pack; likewise.
fn opened(source: Result<Source, OpenError>, conditions: &Conditions) -> Opening {
    let open = |source| Opening::of(source, conditions);
    catch_unwind(AssertUnwindSafe(|| open(source))).unwrap_or_else(|_| open(Err(panicked())))
}

/// Observes and judges a pack that was verified; likewise.
fn examine_opened(
    opening: Opening,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let judged = |opening| judged(opening, executor, conditions, level);
    let look = |opening| catch_unwind(AssertUnwindSafe(|| judged(opening)));
    look(opening)
        .or_else(|_| look(opened(Err(panicked()), conditions)))
        .unwrap_or_else(|panic| resume_unwind(panic))
}

fn judged(
    opening: Opening,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let subject = observe_opened(opening, executor, conditions);
    let started = Instant::now();
    let results = judge_by(&subject, |check| check.level <= level);
    let verdict = verdict(&subject, &results);
    Examined {
        subject,
        results,
        verdict,
        judging: started.elapsed(),
    }
}

/// Where a run tells what it does.
#[derive(Clone, Copy)]
pub struct RunObservers<'t> {
    /// The stream of events.
    pub log: &'t EventLog,
    /// Who waits.
    pub progress: &'t Progress,
    /// Where the time goes.
    pub clock: &'t Clock,
}

/// Examines all `packs` and tells what there is to say of them.
///
/// # Errors
/// The first [`Error`] of writing artifacts; the packs themselves cannot fail
/// a run, they get a verdict.
pub fn run(
    packs: &[PackRef],
    executor: &dyn StepExecutor,
    options: &Options,
    told: RunObservers<'_>,
) -> Result<(), Error> {
    let failure = Mutex::new(None);
    let work = Work {
        packs,
        executor,
        open: &|pack| open(pack, options, told),
        examine: &|pack, ready| {
            if let Err(e) = one(pack, ready, executor, options, told) {
                let mut first = failure.lock().unwrap_or_else(PoisonError::into_inner);
                first.get_or_insert(e);
            }
        },
        compiled: &|duration| told.clock.compiled_ahead(duration),
    };
    work.run(options.jobs);
    if let Some(expectations) = &options.expectations
        && interrupt::asked().is_none()
    {
        for message in expectations.stale(options.complete) {
            told.log.emit(&Event::ExpectationStale { message });
        }
    }
    match failure.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(e) => Err(e),
        None => Ok(()),
    }
}

/// Reads and verifies a pack; the number is that of its bytes.
fn open(pack: &PackRef, options: &Options, told: RunObservers<'_>) -> (Ready, u64) {
    told.log.emit(&Event::PackStarted {
        pack: pack.label.clone(),
    });
    told.progress.started(&pack.label);
    let started = Instant::now();
    let source = source::load(&pack.path, &options.conditions.limits.archive);
    let read = started.elapsed();
    let bytes = source.as_ref().map_or(0, Source::bytes);
    let opening = opened(source, &options.conditions);
    (Ready { opening, read }, bytes)
}

fn one(
    pack: &PackRef,
    Ready { opening, read }: Ready,
    executor: &dyn StepExecutor,
    options: &Options,
    told: RunObservers<'_>,
) -> Result<(), Error> {
    let Examined {
        subject,
        mut results,
        judging,
        ..
    } = examine_opened(opening, executor, &options.conditions, options.level);
    if interrupt::asked().is_some() {
        // What was seen of it is half of it: the run did not come to its end.
        return Ok(());
    }
    let started = Instant::now();
    let trial = |r: &CheckResult| format!("{}::{}::{}", pack.label, r.scope, r.check);
    if let Some(filter) = &options.filter {
        results.retain(|r| trial(r).contains(filter.as_str()));
    }
    if let Some(expectations) = &options.expectations {
        expectations.apply(&subject, &mut results);
    }
    // Of the selected checks alone: what was filtered out is not claimed.
    let verdict = verdict(&subject, &results);
    let flags = evidence::flags(options.level, &options.trust);
    evidence::write(&options.artifacts, pack, &flags, &subject, &results)?;
    let judged_by = (&options.conditions, options.level);
    repro::write(
        (&options.artifacts, pack),
        executor,
        judged_by,
        &subject,
        &results,
    )?;
    let times = PackTimes::of(read, &subject.spent, judging + started.elapsed());
    let examined = Examined {
        subject,
        results,
        verdict,
        judging,
    };
    let events = events(pack, &flags, &examined, &times);
    told.clock.pack(pack, &times);
    if let Some(Event::PackFinished(done)) = events.last() {
        told.progress.finished(done);
    }
    // NB: together, so that a report finds all of a pack in one place.
    told.log.emit_all(&events);
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
