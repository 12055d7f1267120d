//! [`regressions`]: the checks that passed before a fix and do not pass after it.

use crate::check::{CheckResult, Scope};
use provision_core::Status;
use std::collections::BTreeMap;

/// A check that passed before and does not pass after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Regression {
    /// The check.
    pub check: &'static str,
    /// Its scope.
    pub scope: Scope,
    /// Its status after; `None` if it has no result any more.
    pub status: Option<Status>,
    /// The first finding or the reason, if there is one.
    pub why: Option<String>,
}

/// Compares the results of the same checks before and after. A check in `excepted` may
/// stop passing.
#[must_use]
pub fn regressions(
    before: &[CheckResult],
    after: &[CheckResult],
    excepted: &[&str],
) -> Vec<Regression> {
    let after: BTreeMap<(&str, &Scope), &CheckResult> = after
        .iter()
        .map(|result| ((result.check, &result.scope), result))
        .collect();
    let passed = before.iter().filter(|r| r.status == Status::Passed);
    let judged = passed.filter(|result| !excepted.contains(&result.check));
    let lost = judged.filter_map(|result| {
        let now = after.get(&(result.check, &result.scope));
        if now.is_some_and(|now| now.status == Status::Passed) {
            return None;
        }
        let why = now.and_then(|now| {
            let finding = now.findings.first();
            let finding = finding.map(|f| format!("{} at {}: {}", f.code, f.at, f.actual));
            finding.or_else(|| now.reason.clone())
        });
        Some(Regression {
            check: result.check,
            scope: result.scope.clone(),
            status: now.map(|now| now.status),
            why,
        })
    });
    lost.collect()
}
