//! What a stream says of itself that cannot be true. A stream may come from another
//! machine, so a fold believes no verdict that the stream's own checks contradict.

use super::run::PackSummary;
use crate::events::{CheckFinished, RunStarted};
use provision_core::text::counted;
use provision_core::{Status, Verdict};
use provision_oracle::{Check, Level};
use std::collections::BTreeSet;

/// Checks the event that a run begins with.
///
/// # Errors
/// The contradiction, in words.
pub(super) fn of_start(started: &RunStarted) -> Result<(), String> {
    let mut packs = BTreeSet::new();
    for pack in &started.packs {
        if !packs.insert(pack) {
            return Err(format!("announces the pack {pack} twice"));
        }
    }
    Ok(())
}

/// Checks that the run announces every check of its profile. Another version may have
/// other checks.
///
/// # Errors
/// The contradiction, in words.
pub(super) fn of_catalogue(started: &RunStarted) -> Result<(), String> {
    let Some(level) = Level::of_profile(&started.profile) else {
        return Ok(());
    };
    if started.version != env!("CARGO_PKG_VERSION") {
        return Ok(());
    }
    let announced: BTreeSet<&str> = started.checks.iter().map(String::as_str).collect();
    let of_profile = started.judged.checks().filter(|check| check.level <= level);
    let left_out = |check: &Check| started.without.iter().any(|id| id == check.id);
    let mut due = of_profile.filter(|check| !left_out(check));
    match due.find(|check| !announced.contains(check.id)) {
        None => Ok(()),
        Some(check) => Err(format!(
            "announces no check {}, which the profile {} has in this version",
            check.id, started.profile
        )),
    }
}

/// Checks that the run announced `check`, and that its filter selects it.
///
/// # Errors
/// The contradiction, in words.
pub(super) fn of_check(started: &RunStarted, check: &CheckFinished) -> Result<(), String> {
    let CheckFinished {
        pack, scope, check, ..
    } = check;
    let trial = format!("{pack}::{scope}::{check}");
    match &started.filter {
        Some(filter) if !trial.contains(filter) => Err(format!(
            "the result {trial}, which the filter of the run leaves out"
        )),
        _ => Ok(()),
    }
}

/// Checks the `verdict` of a finished pack with the results of its checks.
///
/// # Errors
/// The contradiction, in words.
pub(super) fn of_verdict(pack: &PackSummary, verdict: Verdict) -> Result<(), String> {
    let has = |status| pack.count(status) > 0;
    // NB: the harness may fail over a pack, and a pack may run too few steps, without a
    // check that says so.
    let is_possible = match verdict {
        Verdict::Error => true,
        _ if has(Status::Error) => false,
        Verdict::Fail => has(Status::Failed),
        _ if has(Status::Failed) => false,
        Verdict::Partial => true,
        _ if has(Status::Blocked) => false,
        Verdict::NotApplicable => true,
        Verdict::Pass => pack.steps_executed > 0,
    };
    if is_possible {
        return Ok(());
    }
    Err(format!(
        "the verdict {verdict} of the pack {}, which has {}, and {} with \
         errors, {} failed and {} blocked",
        pack.label,
        counted(pack.steps_executed, "step executed", "steps executed"),
        counted(pack.count(Status::Error), "check", "checks"),
        pack.count(Status::Failed),
        pack.count(Status::Blocked),
    ))
}
