//! Causes for failed checks of which a stream names none: streams of earlier versions have
//! no causes, and no report may leave a failure out.

use crate::events::CheckFinished;
use provision_core::pack::digest;
use provision_core::{FindingCode, Status};
use provision_oracle::{Bite, Cause, Place, checks};
use std::collections::BTreeSet;

/// A cause for each failed check that none of `causes` is about.
pub(super) fn uncovered(checks: &[CheckFinished], causes: &[Cause]) -> Vec<Cause> {
    let failed = checks.iter().filter(|c| c.status >= Status::Failed);
    let places = causes.iter().flat_map(|cause| &cause.places);
    let covered: BTreeSet<(&str, &str)> = places.map(|p| (&*p.check, &*p.scope)).collect();
    let is_new = |c: &&CheckFinished| !covered.contains(&(&*c.check, &*c.scope));
    failed.filter(is_new).map(cause).collect()
}

fn cause(result: &CheckFinished) -> Cause {
    let row = checks::by_id(&result.check);
    let first = result.findings.first();
    let code = first.map(|f| f.code.clone());
    let code = code.unwrap_or_else(|| FindingCode::Foreign("E_UNKNOWN".into()));
    let what = first.map_or("the stream has no finding", |f| f.actual.as_str());
    let id = digest(format!("{code}\n{}\n{}", result.check, result.scope).as_bytes());
    Cause {
        id: id[..16].to_owned(),
        level: result.level,
        bite: row.map_or(Bite::Nowhere, |row| row.bites),
        code,
        checks: vec![result.check.clone()],
        what: format!("{} ({}): {what}", result.check, result.scope),
        users_see: row.map_or("unknown", |row| row.host).into(),
        fix: row.map_or("unknown", |row| row.fix).into(),
        about: None,
        also: Vec::new(),
        places: vec![Place {
            check: result.check.clone(),
            scope: result.scope.clone(),
            at: result.findings.iter().map(|f| f.at.clone()).collect(),
        }],
        findings: result.findings.len(),
        blocked_by: None,
        follow: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::Finding;
    use provision_core::codes::CheckCode;
    use provision_oracle::Level;

    #[test]
    fn failed_check_without_a_cause_gets_one_and_the_others_do_not() {
        let result = |scope: &str, status| CheckFinished {
            pack: "p".into(),
            scope: scope.into(),
            check: "plan.shape".into(),
            level: Level::Must,
            status,
            reason: None,
            findings: vec![Finding::new(CheckCode::OpId, "x", "one", "two")],
            reproduce: None,
        };
        let results = [result("a", Status::Failed), result("b", Status::Passed)];
        let found = uncovered(&results, &[]);
        assert_eq!(found.len(), 1);
        assert!(found[0].is_of("plan.shape", "a"));
        assert_eq!((found[0].code.as_str(), found[0].findings), ("E_OP_ID", 1));
        assert_eq!(uncovered(&results, &found), []);
    }
}
