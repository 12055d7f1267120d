//! The report of `pack fix` for people: each change under the check that it mends.

use super::done::{Done, codes};
use provision_core::text::{counted, inert};
use provision_oracle::CheckResult;
use provision_oracle::checks::by_id;
use provision_oracle::fix::{Change, Hunk, Left};
use std::fmt::Write;

/// Places that are shown of a change, at most.
const HUNKS: usize = 40;
/// Changes, and rows of other lists, that are shown, at most.
const SHOWN: usize = 100;
/// Codes that are shown of a failing check, at most.
const CODES: usize = 6;

pub(super) fn report(done: &Done<'_>) -> String {
    let mut out = format!("in   sha256 {}  {}\n", done.before, done.from);
    let (digest, to) = (done.out_digest(), done.to.clone());
    let fate = match (done.is_written(), done.dry_run) {
        (true, _) => to,
        (false, true) => "(not written: --dry-run)".into(),
        (false, false) => "(not written)".into(),
    };
    let _ = writeln!(out, "out  sha256 {digest}  {fate}");
    if done.fixed.changes.is_empty() {
        out += "\nnothing to change\n";
    }
    for change in done.fixed.changes.iter().take(SHOWN) {
        changed(&mut out, change);
    }
    more(&mut out, done.fixed.changes.len(), "changes");
    left(&mut out, &done.fixed.left);
    failing(&mut out, done);
    out
}

fn changed(out: &mut String, change: &Change) {
    let Change {
        fix,
        check,
        file,
        hunks,
    } = change;
    let _ = writeln!(out, "\n{check}  (fix `{fix}`)\n--- {file}\n+++ {file}");
    for Hunk { at, old, new } in hunks.iter().take(HUNKS) {
        let _ = writeln!(out, "@@ {at}");
        for (sign, text) in [('-', old), ('+', new)] {
            if let Some(text) = text {
                let _ = writeln!(out, "{sign} {text}");
            }
        }
    }
    if hunks.len() > HUNKS {
        let _ = writeln!(
            out,
            "… and {}; see --json",
            counted(hunks.len() - HUNKS, "more place", "more places")
        );
    }
}

fn left(out: &mut String, left: &[Left]) {
    if left.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nnot mended ({})", left.len());
    for Left {
        fix,
        check,
        place,
        why,
    } in left.iter().take(SHOWN)
    {
        let _ = writeln!(out, "  {check}  (fix `{fix}`)  {place}\n    {why}");
    }
    more(out, left.len(), "places");
}

/// The checks that still fail, and what their authors have to do.
fn failing(out: &mut String, done: &Done<'_>) {
    let failing: Vec<&CheckResult> = done.failing().collect();
    if failing.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nstill failing ({})", failing.len());
    for result in failing.iter().take(SHOWN) {
        let codes = codes(result);
        let shown = codes.iter().take(CODES).cloned().collect::<Vec<_>>();
        let scope = inert(&result.scope.to_string(), 120);
        let (level, check) = (result.level.name(), result.check);
        let _ = writeln!(out, "  {level:<7} {check} ({scope}): {}", shown.join(", "));
        let fix = by_id(check).map_or("", |check| check.fix);
        let _ = writeln!(
            out,
            "    {fix}\n    see: greentic-provision explain {check}"
        );
    }
    more(out, failing.len(), "checks");
}

fn more(out: &mut String, count: usize, what: &str) {
    if count > SHOWN {
        let _ = writeln!(out, "  … and {} more {what}; see --json", count - SHOWN);
    }
}
