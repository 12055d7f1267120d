//! Every finding of every failed check, for `--verbose`.

use super::lines::one_line;
use crate::events::CheckFinished;
use crate::fold::{PackRun, Run};
use provision_core::Status;
use std::fmt::Write;

/// Findings that are shown per check, at most.
const SHOWN: usize = 5;

/// The failed checks of a pack.
pub(super) fn failures(run: &Run, pack: &PackRun) -> String {
    let mut out = String::new();
    for check in pack.checks.iter().filter(|c| c.status >= Status::Failed) {
        failure(&mut out, run, check);
    }
    out
}

fn failure(out: &mut String, run: &Run, check: &CheckFinished) {
    let mut add = |text: String| {
        let _ = writeln!(out, "{}", one_line(&text));
    };
    add(format!(
        "  {} {} ({})",
        check.status, check.check, check.scope
    ));
    if let Some(requirement) = run.requirement(&check.check) {
        add(format!("    requirement: {requirement}"));
    }
    for f in check.findings.iter().take(SHOWN) {
        add(format!("    {} at {}", f.code, f.at));
        add(format!("      expected: {}", f.expected));
        add(format!("      actual:   {}", f.actual));
    }
    if check.findings.len() > SHOWN {
        let left = check.findings.len() - SHOWN;
        add(format!("    … and {left} more; see the JSON report"));
    }
    if let Some(command) = &check.reproduce {
        add(format!("    reproduce: {command}"));
    }
}
