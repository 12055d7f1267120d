//! The JSON report: the same bytes for the same packs, whenever and however
//! fast they were examined.

use crate::events::{CheckFinished, StepDone, WizardDriven};
use crate::fold::{PackRun, Run};
use provision_core::{Status, Verdict};
use serde_json::{Value, json};

/// The report of `run`.
///
/// `packs[].{pack, version, ok, errors, plan_notes, secret_keys}` are what
/// scripts have read since before this harness; all else stands beside them.
#[must_use]
pub fn report(run: &Run) -> Value {
    let started = run.started.as_ref();
    json!({
        "tool": { "name": "greentic-provision", "version": started.map(|s| s.version) },
        "profile": started.map(|s| &s.profile),
        "filter": started.and_then(|s| s.filter.as_ref()),
        "public_base_url": started.map(|s| &s.public_base_url),
        "exit_code": run.exit() as u8,
        "stale_expectations": run.stale,
        "summary": summary(run),
        "packs": run.packs.iter().map(pack).collect::<Vec<_>>(),
    })
}

fn summary(run: &Run) -> Value {
    let verdict = |v| run.count(v);
    let checks = |s| run.checks(s);
    json!({
        "packs": run.packs.len(),
        "verdicts": {
            "pass": verdict(Verdict::Pass),
            "not_applicable": verdict(Verdict::NotApplicable),
            "partial": verdict(Verdict::Partial),
            "fail": verdict(Verdict::Fail),
            "error": verdict(Verdict::Error),
        },
        "checks": {
            "passed": checks(Status::Passed),
            "failed": checks(Status::Failed),
            "error": checks(Status::Error),
            "skipped": checks(Status::Skipped),
        },
        "steps_executed": run.steps_executed(),
    })
}

fn pack(pack: &PackRun) -> Value {
    let finished = pack.finished.as_ref();
    let verdict = pack.verdict();
    json!({
        "pack": pack.label,
        "version": finished.and_then(|f| f.version.as_ref()),
        "ok": matches!(verdict, Verdict::Pass | Verdict::NotApplicable),
        "errors": pack.errors(),
        "plan_notes": finished.map_or(0, |f| f.plan_notes),
        "secret_keys": finished.map(|f| f.secret_keys.clone()).unwrap_or_default(),
        "path": finished.map(|f| &f.path),
        "id": finished.and_then(|f| f.id.as_ref()),
        "digest": finished.map(|f| &f.digest),
        "verdict": verdict,
        "steps_executed": finished.map_or(0, |f| f.steps_executed),
        "wizards": pack.wizards.iter().map(wizard).collect::<Vec<_>>(),
        "checks": pack.checks.iter().map(check).collect::<Vec<_>>(),
    })
}

fn wizard(wizard: &WizardDriven) -> Value {
    json!({
        "wizard": wizard.wizard,
        "kind": wizard.kind,
        "driver": wizard.driver,
        "outcome": wizard.outcome,
        "steps": wizard.steps.iter().map(step).collect::<Vec<_>>(),
    })
}

/// Without wall time, which differs from run to run; the events have it.
fn step(step: &StepDone) -> Value {
    json!({
        "step": step.step,
        "node": step.node,
        "function": step.function,
        "component": step.component,
        "status": step.status,
        "message": step.message,
        "fuel": step.meters.fuel,
        "memory_bytes": step.meters.memory_bytes,
        "table_elements": step.meters.table_elements,
        "output_bytes": step.meters.output_bytes,
        "host_calls": step.meters.host_calls,
        "host_bytes": step.meters.host_bytes,
        "attempts": step.attempts,
    })
}

fn check(check: &CheckFinished) -> Value {
    json!({
        "check": check.check,
        "scope": check.scope,
        "level": check.level,
        "status": check.status,
        "applicable": check.applicable,
        "reason": check.reason,
        "findings": check.findings,
        "reproduce": check.reproduce,
    })
}
