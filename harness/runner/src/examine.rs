//! The stages that one pack goes through, from its bytes to its verdict:
//!
//! load → open → observe → judge → redact → excuse → conclude.
//!
//! Each stage takes the type that the stage before it returns, so that no stage
//! can be left out or done twice.

use crate::bundle_packs::Bundles;
use crate::discover::PackRef;
use crate::excusal::{Excusal, Fates};
use crate::expectations::Expectations;
use crate::place::{self, Read};
use provision_core::limits::ArchiveLimits;
use provision_core::wizard::StepExecutor;
use provision_core::{OpenError, Source, Status, Verdict};
use provision_oracle::{
    Cause, CheckResult, Conditions, Level, Opening, Predecessor, Subject, causes, judge_by,
    observe_opened, redact as redact_results, verdict, with_previous,
};
use provision_registry::Registries;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

/// A pack, and the results of its checks.
struct Results {
    subject: Subject,
    /// The results of the checks of the profile, which decide the verdict.
    results: Vec<CheckResult>,
    /// The results of the other checks, which are advice.
    advice: Vec<CheckResult>,
    judging: Duration,
}

/// A pack after [`judge`]: the results may still contain secrets.
pub struct Judged(Results);

/// A pack after [`redact`]: the results contain no secret of the pack.
pub struct Redacted(Results);

/// A pack after [`excuse`]: expected failures are excused.
pub struct Excused {
    judged: Results,
    fates: Fates,
}

/// A pack with its verdict.
pub struct Examined {
    /// What was observed.
    pub subject: Subject,
    /// The results of the selected checks of the profile.
    pub results: Vec<CheckResult>,
    /// The verdict over these results.
    pub verdict: Verdict,
    /// The causes of the failures of all selected checks, also those of other profiles,
    /// which are advice.
    pub causes: Vec<Cause>,
    /// The causes of the failures that expectations excuse.
    pub excused: Vec<Cause>,
    /// How long judging took.
    pub judging: Duration,
}

/// Reads the pack.
///
/// # Errors
/// See [`place::read`].
pub fn load(
    pack: &PackRef,
    registries: &Registries,
    limits: &ArchiveLimits,
) -> Result<Read, OpenError> {
    place::read(&pack.path, pack.reference.as_ref(), registries, limits)
}

/// Verifies the bytes of a pack. If the harness panics, the pack is
/// [`OpenError::Unread`].
#[must_use]
pub fn open(read: Result<Read, OpenError>, conditions: &Conditions) -> Opening {
    let (source, origin) = match read {
        Ok(Read { source, origin }) => (Ok(source), origin),
        Err(e) => (Err(e), None),
    };
    let open = |source| Opening::of(source, conditions);
    let opening = catch_unwind(AssertUnwindSafe(|| open(source)));
    opening
        .unwrap_or_else(|_| open(Err(panicked())))
        .from_registry(origin)
}

/// Drives the pack's wizards, and compares it with the release before it, if there is one.
#[must_use]
pub fn observe(
    opening: Opening,
    before: Option<Predecessor>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> Subject {
    let subject = observe_opened(opening, executor, conditions);
    match before {
        None => subject,
        Some(before) => with_previous(subject, before, executor, conditions),
    }
}

/// Runs all checks, and marks the results that a failure of the harness affects as
/// inconclusive. The checks up to `level` decide the verdict; the others are advice.
#[must_use]
pub fn judge(subject: Subject, level: Level) -> Judged {
    let started = Instant::now();
    let mut results = judge_by(&subject, |check| check.level <= level);
    let others = || judge_by(&subject, |check| check.level > level);
    // Advice never changes the verdict, even if one of its checks panics.
    let mut advice = catch_unwind(AssertUnwindSafe(others)).unwrap_or_default();
    for result in results.iter_mut().filter(|result| result.level > level) {
        // A check has a lower level for a wizard that no host runs at installation.
        advice.push(result.clone());
        result.status = Status::NotApplicable;
        result.findings.clear();
        let profile = result.level.profile();
        result.reason = Some(format!(
            "no host runs this wizard when it installs the pack; profile {profile} judges it"
        ));
    }
    Judged(Results {
        subject,
        results,
        advice,
        judging: started.elapsed(),
    })
}

/// Removes the pack's secrets from the results.
#[must_use]
pub fn redact(Judged(mut judged): Judged) -> Redacted {
    redact_results(&judged.subject, &mut judged.results);
    redact_results(&judged.subject, &mut judged.advice);
    Redacted(judged)
}

/// Keeps only the `wanted` results: a run with a filter claims nothing about
/// the others.
#[must_use]
pub fn select(
    Redacted(mut judged): Redacted,
    mut wanted: impl FnMut(&CheckResult) -> bool,
) -> Redacted {
    judged.results.retain(&mut wanted);
    judged.advice.retain(wanted);
    Redacted(judged)
}

/// Excuses the failures that are expected.
#[must_use]
pub fn excuse(Redacted(judged): Redacted, expectations: Option<&Expectations>) -> Excused {
    let Some(expectations) = expectations else {
        let fates = Fates::default();
        return Excused { judged, fates };
    };
    let Excusal { results, fates } = expectations.excuse(&judged.subject, judged.results);
    // NB: an expectation of a check outside of the profile stays unused.
    let advice = expectations.excuse(&judged.subject, judged.advice);
    let judged = Results {
        results,
        advice: advice.results,
        ..judged
    };
    Excused { judged, fates }
}

impl Excused {
    /// What this pack shows about each expectation.
    #[must_use]
    pub fn fates(&self) -> &Fates {
        &self.fates
    }
}

/// Computes the verdict.
#[must_use]
pub fn conclude(excused: Excused) -> Examined {
    let Results {
        subject,
        results,
        advice,
        judging,
    } = excused.judged;
    let excused = |r: &&CheckResult| r.status == Status::Excused;
    let failures = results.iter().chain(&advice).filter(excused);
    let failures: Vec<CheckResult> = failures
        .map(|result| CheckResult {
            status: Status::Failed,
            ..result.clone()
        })
        .collect();
    Examined {
        verdict: verdict(&subject, &results),
        causes: causes(&subject, results.iter().chain(&advice)),
        excused: causes(&subject, &failures),
        subject,
        results,
        judging,
    }
}

/// The error of a pack on which the harness panicked.
fn panicked() -> OpenError {
    let why = "the harness panicked over this pack; standard error says where";
    OpenError::Unread(why.into())
}

/// Observes, judges and redacts a pack. If the harness panics, this pack gets an
/// error and the other packs of the run are not affected.
pub(crate) fn observe_and_judge(
    opening: Opening,
    before: Option<Predecessor>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Redacted {
    let stages =
        |opening, before| redact(judge(observe(opening, before, executor, conditions), level));
    let guarded = |opening, before| catch_unwind(AssertUnwindSafe(|| stages(opening, before)));
    guarded(opening, before)
        .or_else(|_| guarded(open(Err(panicked()), conditions), None))
        .unwrap_or_else(|panic| resume_unwind(panic))
}

/// Takes one pack through all stages, after the release before it, with no expectations.
#[must_use]
pub fn examine(
    pack: &PackRef,
    before: Option<Predecessor>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let read = load(pack, &Registries::default(), &conditions.limits.archive);
    let bundle = Bundles::default().of(&pack.path, &conditions.limits);
    let opening = open(read, conditions).in_bundle(bundle);
    let redacted = observe_and_judge(opening, before, executor, conditions, level);
    conclude(excuse(redacted, None))
}

/// Takes a pack that is already read through the other stages, with no expectations.
#[must_use]
pub fn examine_source(
    source: Result<Source, OpenError>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let origin = None;
    let read = source.map(|source| Read { source, origin });
    examine_after(read, None, executor, conditions, level)
}

/// The same for a pack that may come from a registry, and after the release before it.
#[must_use]
pub fn examine_after(
    read: Result<Read, OpenError>,
    before: Option<Predecessor>,
    executor: &dyn StepExecutor,
    conditions: &Conditions,
    level: Level,
) -> Examined {
    let opening = open(read, conditions);
    let redacted = observe_and_judge(opening, before, executor, conditions, level);
    conclude(excuse(redacted, None))
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
    fn panic_of_the_harness_gives_the_pack_an_error() {
        let packs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs");
        let pack = PackRef {
            reference: None,
            label: "noop".into(),
            path: packs.join("conforming/noop-provision"),
        };
        let examined = examine(&pack, None, &Panics, &Conditions::default(), Level::Must);
        assert_eq!(examined.verdict, Verdict::Error);
        let failed = examined.results.iter().find(|r| r.status == Status::Error);
        let finding = &failed.expect("an error").findings[0];
        assert!(finding.actual.contains("panicked"), "{finding:?}");
    }
}
