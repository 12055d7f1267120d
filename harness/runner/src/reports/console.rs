//! The console report: one line per pack, then its violations, and how to
//! reproduce them.

use crate::events::CheckFinished;
use crate::exit::Error;
use crate::fold::{PackRun, Run};
use anstyle::{AnsiColor, Style};
use provision_core::{Status, Verdict};
use std::fmt::Write;

/// Findings that are shown per check, at most.
const SHOWN: usize = 5;

/// Passes the report to `print`, one pack at a time. The text has colour codes;
/// `print` has to strip them unless it writes to a terminal.
///
/// # Errors
/// The error of `print`, or [`Error::Io`] of the stream.
pub fn report(run: &Run, mut print: impl FnMut(&str) -> Result<(), Error>) -> Result<(), Error> {
    run.each(|pack| print(&one(run, pack)))?;
    print(&summary(run))
}

/// The report of one pack.
#[must_use]
pub fn one(run: &Run, pack: &PackRun) -> String {
    let mut out = String::new();
    details(&mut out, run, pack);
    out
}

fn details(out: &mut String, run: &Run, pack: &PackRun) {
    let verdict = pack.verdict();
    let style = style(verdict);
    let count = |status| pack.checks.iter().filter(|c| c.status == status).count();
    let steps = pack.finished.as_ref().map_or(0, |f| f.steps_executed);
    let role = pack.finished.as_ref().and_then(|f| f.role.as_ref());
    let role = role.map_or_else(String::new, |r| format!("; {}", r.role));
    let _ = writeln!(
        out,
        "{style}{:<14}{style:#} {}  ({} checks passed, {} failed, {} skipped; {} steps{role})",
        verdict.name(),
        pack.label(),
        count(Status::Passed),
        count(Status::Failed) + count(Status::Error),
        count(Status::NotApplicable) + count(Status::Blocked),
        steps,
    );
    if let Some(finished) = pack.finished.as_ref().filter(|f| !f.digest.is_empty()) {
        let _ = writeln!(out, "  sha256 {}", finished.digest);
    }
    if let Some(why) = pack.summary.cut_off() {
        let _ = writeln!(out, "  {why}");
    }
    for check in pack.checks.iter().filter(|c| c.status >= Status::Failed) {
        failure(out, run, check);
    }
    fuel(out, pack);
    if verdict == Verdict::Partial {
        let (ran, due) = (pack.summary.steps_executed, pack.summary.steps_due);
        if ran < due {
            let _ = writeln!(out, "  {ran} steps executed, at least {due} are required");
        }
        for check in pack.checks.iter().filter(|c| c.status == Status::Blocked) {
            let reason = check.reason.as_deref().unwrap_or("no reason given");
            let _ = writeln!(
                out,
                "  not judged: {} ({}): {reason}",
                check.check, check.scope
            );
        }
    }
}

/// Lists the steps whose fuel differs from the baseline.
fn fuel(out: &mut String, pack: &PackRun) {
    for (wizard, changes) in pack.wizards.iter().zip(&pack.fuel_changes) {
        for (step, change) in wizard.steps.iter().zip(changes) {
            let Some(change) = change.filter(|change| *change != 0) else {
                continue;
            };
            let fuel = step.meters.fuel;
            let before = i128::from(fuel) - i128::from(change);
            let share = change as f64 * 100.0 / (before as f64).max(1.0);
            let (wizard, function) = (&wizard.wizard, &step.function);
            let name = step.node.as_deref().unwrap_or(&step.step);
            let _ = writeln!(
                out,
                "  fuel of {wizard} {name} ({function}): {before} → {fuel} ({change:+}, {share:+.1} %)"
            );
        }
    }
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

/// The end of the report: stale expectations, and the tally of the run.
#[must_use]
pub fn summary(run: &Run) -> String {
    let mut out = String::new();
    for stale in &run.stale {
        let _ = writeln!(out, "stale: {stale}; remove or correct the expectation");
    }
    let _ = writeln!(out, "{}", run.tally());
    if run.checks(Status::Passed) > 0 && run.steps_executed() == 0 {
        let _ = writeln!(
            out,
            "no step of any wizard was executed, so this result proves nothing"
        );
    }
    out
}

fn style(verdict: Verdict) -> Style {
    let colour = match verdict {
        Verdict::Pass => AnsiColor::Green,
        Verdict::NotApplicable => AnsiColor::Cyan,
        Verdict::Partial => AnsiColor::Yellow,
        Verdict::Fail | Verdict::Error => AnsiColor::Red,
    };
    Style::new().fg_color(Some(colour.into())).bold()
}
