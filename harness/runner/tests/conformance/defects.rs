//! One trial for each defect: the check that the row names finds it. One for each harmless
//! peculiarity: no check fails or is blocked.

use super::fixture::FixtureRunner;
use super::record::{Record, TrialResult};
use libtest_mimic::Trial;
use provision_core::Status;
use provision_oracle::generators::defects::{Defect, Harmless, Wizard, defects, harmless};
use provision_oracle::{CheckResult, judge, observe};
use std::ops::Range;
use std::sync::Arc;

/// The variable that sets how many wizards each row changes.
const SEEDS: &str = "PROVISION_SEEDS";

/// One trial for each row of the tables.
pub(crate) fn trials(record: &Arc<Record>, bench: &Arc<FixtureRunner>) -> Vec<Trial> {
    let found = (0..).zip(defects()).map(|(place, defect)| {
        let bench = Arc::clone(bench);
        record.trial(format!("generated::defect::{}", defect.id), move || {
            find(&defect, seeds(place), &bench)
        })
    });
    let harmless = (0..).zip(harmless()).map(|(place, row)| {
        let bench = Arc::clone(bench);
        record.trial(format!("generated::harmless::{}", row.id), move || {
            pass(&row, seeds(place), &bench)
        })
    });
    found.chain(harmless).collect()
}

/// The seeds of the row at this place: another one for each row, or as many for each as
/// the environment says.
fn seeds(place: u64) -> Range<u64> {
    let set = std::env::var(SEEDS).ok();
    match set.and_then(|count| count.parse().ok()) {
        Some(count) => 0..count,
        None => place..place + 1,
    }
}

fn find(defect: &Defect, seeds: Range<u64>, bench: &FixtureRunner) -> TrialResult {
    let (check, code) = &defect.found;
    for seed in seeds {
        let results = judged(&defect.planted(seed), bench);
        let mut of_check = results.iter().filter(|r| r.check == *check);
        if !of_check.any(|r| r.findings.iter().any(|f| f.code == *code)) {
            let said = words(&results);
            return Err(format!(
                "with seed {seed}, {check} does not report {code}: {}\n{said}",
                defect.doc
            ));
        }
    }
    Ok(())
}

fn pass(row: &Harmless, seeds: Range<u64>, bench: &FixtureRunner) -> TrialResult {
    for seed in seeds {
        let said = words(&judged(&row.varied(seed), bench));
        if !said.is_empty() {
            return Err(format!("with seed {seed}: {}\n{said}", row.doc));
        }
    }
    Ok(())
}

/// The results of all checks on the pack.
fn judged(wizard: &Wizard, bench: &FixtureRunner) -> Vec<CheckResult> {
    let source = Ok(wizard.source());
    judge(&observe(source, &bench.executor, &bench.conditions))
}

/// The checks that failed or could not judge, with their first findings.
fn words(results: &[CheckResult]) -> String {
    let is_bad = |status| matches!(status, Status::Failed | Status::Error | Status::Blocked);
    let bad = results.iter().filter(|r| is_bad(r.status));
    let lines = bad.map(|r| {
        let found = r.findings.iter().take(3);
        let found = found.map(|f| format!("; {} {}: {}", f.code, f.at, f.actual));
        let reason = r.reason.as_deref().unwrap_or_default();
        let found = found.collect::<String>();
        format!("  {} {:?} {reason}{found}\n", r.check, r.status)
    });
    lines.collect()
}
