//! Each planted defect is found by the check that its row names, and no harmless
//! peculiarity fails.
#![expect(clippy::expect_used, reason = "helpers of tests fail the test")]

use provision_core::{Limits, Status};
use provision_exec::WasmtimeExecutor;
use provision_oracle::generators::defects::{Wizard, defects, harmless};
use provision_oracle::{CheckResult, Conditions, judge, observe};

/// Seeds with which each row is tried: one, unless the environment sets another number.
fn seeds() -> std::ops::Range<u64> {
    let set = std::env::var("GREENTIC_PROVISION_SEEDS").ok();
    0..set.and_then(|n| n.parse().ok()).unwrap_or(1)
}

fn executor() -> WasmtimeExecutor {
    WasmtimeExecutor::new(&Limits::default().step).expect("an executor")
}

/// The failed checks of a pack, with the codes and the places of their findings.
fn failed(executor: &WasmtimeExecutor, wizard: &Wizard) -> Vec<CheckResult> {
    let subject = observe(Ok(wizard.source()), executor, &Conditions::default());
    let mut results = judge(&subject);
    results.retain(|r| matches!(r.status, Status::Failed | Status::Error | Status::Blocked));
    results
}

fn words(results: &[CheckResult]) -> Vec<String> {
    let of = |r: &CheckResult| {
        let found = r.findings.iter().take(3);
        let found = found.map(|f| format!("{} {}: {}", f.code, f.at, f.actual));
        let found: Vec<String> = found.collect();
        format!(
            "{} {} {:?} {:?} {}",
            r.check,
            r.scope,
            r.status,
            r.reason,
            found.join("; ")
        )
    };
    results.iter().map(of).collect()
}

#[test]
fn each_defect_is_found_by_its_check() {
    let executor = executor();
    let mut missed = Vec::new();
    let filter = std::env::var("ROW").unwrap_or_default();
    for defect in defects().filter(|d| d.id.contains(&filter)) {
        for seed in seeds() {
            let results = failed(&executor, &defect.planted(seed));
            let (check, code) = &defect.found;
            let is_found = results
                .iter()
                .any(|r| r.check == *check && r.findings.iter().any(|f| f.code == *code));
            if !is_found {
                let said = words(&results).join("\n    ");
                missed.push(format!("{} with seed {seed}:\n    {said}", defect.id));
            }
        }
    }
    assert!(
        missed.is_empty(),
        "{} missed:\n{}",
        missed.len(),
        missed.join("\n")
    );
}

#[test]
fn no_harmless_peculiarity_fails() {
    let executor = executor();
    let mut wrong = Vec::new();
    for row in harmless() {
        for seed in seeds() {
            let results = failed(&executor, &row.varied(seed));
            if !results.is_empty() {
                let said = words(&results).join("\n    ");
                wrong.push(format!("{} with seed {seed}:\n    {said}", row.id));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} fail:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
}
