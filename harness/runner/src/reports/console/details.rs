//! Every finding of every failed check, for `--verbose`.

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
    let _ = writeln!(out, "  {} {} ({})", check.status, check.check, check.scope);
    if let Some(requirement) = run.requirement(&check.check) {
        let _ = writeln!(out, "    requirement: {requirement}");
    }
    for f in check.findings.iter().take(SHOWN) {
        let _ = writeln!(out, "    {} at {}", f.code, f.at);
        let _ = writeln!(out, "      expected: {}", f.expected);
        let _ = writeln!(out, "      actual:   {}", f.actual);
    }
    if check.findings.len() > SHOWN {
        let _ = writeln!(
            out,
            "    … and {} more; see the JSON report",
            check.findings.len() - SHOWN
        );
    }
    if let Some(command) = &check.reproduce {
        let _ = writeln!(out, "    reproduce: {command}");
    }
}
