//! The JSON report: the same bytes for the same packs, independent of the date
//! and the speed of the run.

use crate::events::{Called, CheckFinished, FlowWalked, NodeDone, RunKind, StepDone, WizardDriven};
use crate::exit::Error;
use crate::fold::{PackRun, Run};
use provision_core::{Status, Verdict};
use serde::ser::{Error as _, Serialize, SerializeMap, SerializeSeq};
use serde_json::{Serializer, Value, json};
use std::cell::RefCell;
use std::io::Write;
use std::path::Path;

/// Writes the report of `run`; its form is `reports/schemas/report.schema.json`.
///
/// NB: scripts that are older than this harness read
/// `packs[].{pack, version, ok, errors, plan_notes, secret_keys}`; these keys must
/// not change.
///
/// # Errors
/// [`Error::Io`] of the stream or of `out`.
pub fn write(run: &Run, out: &mut dyn Write) -> Result<(), Error> {
    let started = &run.started;
    let mut head = json!({
        "format": 1,
        "tool": { "name": "greentic-provision", "version": started.version },
        "profile": started.profile,
        "filter": started.filter,
        "shard": started.shard,
        "selection": started.selection,
        "seed": started.seed,
        "limits": started.limits,
        "checks": started.checks,
        "public_base_url": started.public_base_url,
        "finished": run.finished,
        "interrupted": run.interrupted,
        "exit_code": run.exit() as u8,
        "stale_expectations": run.stale,
        "summary": summary(run),
    });
    if let Some(cut) = &started.cut {
        head["cut"] = json!(cut);
    }
    if started.judged != RunKind::Packs {
        head["judged"] = json!(started.judged);
    }
    if started.unowned_expectations > 0 {
        head["unowned_expectations"] = json!(started.unowned_expectations);
    }
    if !started.without.is_empty() {
        head["without"] = json!(started.without);
    }
    // A placeholder that keeps the order of the keys; `Report` writes the packs.
    head["packs"] = Value::Null;
    let report = Report {
        head,
        run,
        failure: RefCell::new(None),
    };
    let mut serializer = Serializer::pretty(&mut *out);
    let written = report.serialize(&mut serializer);
    if let Some(error) = report.failure.take() {
        return Err(error);
    }
    let io = |e| Error::io("write", Path::new("the JSON report"), e);
    written.map_err(|e| io(e.into()))?;
    out.write_all(b"\n").map_err(io)
}

/// Serialises the packs one by one, so that memory does not grow with them.
struct Report<'r> {
    head: Value,
    run: &'r Run,
    /// The error that stopped the reading of the stream.
    failure: RefCell<Option<Error>>,
}

impl Serialize for Report<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let members = self.head.as_object().into_iter().flatten();
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in members {
            match key.as_str() {
                "packs" => map.serialize_entry(key, &Packs(self))?,
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

/// The packs of a report.
struct Packs<'p, 'r>(&'p Report<'r>);

impl Serialize for Packs<'_, '_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Report { run, failure, .. } = self.0;
        let mut packs = serializer.serialize_seq(None)?;
        let mut unwritten = None;
        let read = run.each(|one| {
            packs.serialize_element(&Pack(one)).map_err(|e| {
                let detail = e.to_string();
                unwritten = Some(e);
                Error::Format {
                    format: "JSON",
                    detail,
                }
            })
        });
        if let Some(error) = unwritten {
            return Err(error);
        }
        if let Err(error) = read {
            let message = error.to_string();
            failure.replace(Some(error));
            return Err(S::Error::custom(message));
        }
        packs.end()
    }
}

/// How a pack spent its time, as one line of `timings.jsonl`.
#[must_use]
pub fn timing(pack: &PackRun) -> Value {
    let wizards = pack.wizards.iter().map(|w| {
        let micros: Vec<u64> = w.steps.iter().map(|s| s.call.meters.wall_micros).collect();
        json!({ "wizard": w.wizard, "step_micros": micros })
    });
    json!({
        "pack": pack.label(),
        "millis": pack.finished.as_ref().map(|f| f.millis),
        "micros": pack.finished.as_ref().and_then(|f| f.micros),
        "resident_peak": pack.finished.as_ref().map(|f| f.resident_peak),
        "wizards": wizards.collect::<Vec<_>>(),
    })
}

fn summary(run: &Run) -> Value {
    let verdict = |v| run.count(v);
    let checks = |s| run.checks(s);
    let mut summary = json!({
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
            "skipped": checks(Status::NotApplicable) + checks(Status::Blocked),
        },
        "steps_executed": run.steps_executed(),
        // NB: a stream may contain any number, so the sum saturates.
        "steps_due": run.packs.iter().fold(0_usize, |sum, p| sum.saturating_add(p.steps_due)),
    });
    if checks(Status::Excused) > 0 {
        summary["checks"]["excused"] = json!(checks(Status::Excused));
    }
    summary
}

/// Serialises the long lists of a pack item by item, for the same reason.
struct Pack<'p>(&'p PackRun);

impl Serialize for Pack<'_> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(pack) = self;
        let Value::Object(members) = pack_head(pack) else {
            return Err(S::Error::custom("the head of a pack is an object"));
        };
        let mut map = serializer.serialize_map(None)?;
        for (key, value) in &members {
            match key.as_str() {
                // NB: each as a value, whose keys are sorted.
                "causes" => {
                    map.serialize_entry(key, &List(|| pack.causes.iter().map(|c| json!(c))))?
                }
                "checks" => map.serialize_entry(key, &List(|| pack.checks.iter().map(check)))?,
                "errors" => map.serialize_entry(key, &List(|| pack.errors()))?,
                "flows" => map.serialize_entry(key, &List(|| pack.flows.iter().map(flow)))?,
                "wizards" => {
                    let wizards = || pack.wizards.iter().zip(&pack.fuel_changes);
                    let each = || wizards().map(|(driven, changes)| wizard(driven, changes));
                    map.serialize_entry(key, &List(each))?;
                }
                _ => map.serialize_entry(key, value)?,
            }
        }
        map.end()
    }
}

/// The items of an iterator, which the function makes.
struct List<F>(F);

impl<I: Iterator<Item: Serialize>, F: Fn() -> I> Serialize for List<F> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// A pack, with placeholders for its lists.
fn pack_head(pack: &PackRun) -> Value {
    let finished = pack.finished.as_ref();
    let verdict = pack.verdict();
    json!({
        "pack": pack.label(),
        "version": finished.and_then(|f| f.version.as_ref()),
        "ok": matches!(verdict, Verdict::Pass | Verdict::NotApplicable),
        "errors": null,
        "plan_notes": finished.map_or(0, |f| f.plan_notes),
        "secret_keys": finished.map(|f| f.secret_keys.clone()).unwrap_or_default(),
        "path": finished.map(|f| &f.path),
        "id": finished.and_then(|f| f.id.as_ref()),
        "role": finished.and_then(|f| f.role.as_ref()),
        "digest": finished.map(|f| &f.digest),
        "registry": finished.and_then(|f| f.registry.as_ref()),
        "previous": finished.and_then(|f| f.previous.as_ref()),
        "verdict": verdict,
        "steps_executed": pack.summary.steps_executed,
        "steps_due": pack.summary.steps_due,
        "probes": finished.map_or(0, |f| f.probes),
        // Always 0, because every run tries all answers itself. Scripts read this
        // field.
        "probes_recalled": 0,
        "missing_checks": pack.summary.missing,
        "causes": null,
        "reproduce": finished.and_then(|f| f.reproduce.as_ref()),
        "wizards": null,
        "flows": null,
        "checks": null,
    })
}

fn wizard(wizard: &WizardDriven, fuel_changes: &[Option<i64>]) -> Value {
    let steps = wizard.steps.iter().zip(fuel_changes);
    let steps = steps.map(|(done, change)| step(done, *change));
    json!({
        "wizard": wizard.wizard,
        "kind": wizard.kind,
        "driver": wizard.driver,
        "outcome": wizard.outcome,
        "steps_due": wizard.steps_due,
        "steps": steps.collect::<Vec<_>>(),
    })
}

fn step(step: &StepDone, fuel_change: Option<i64>) -> Value {
    let mut value = call(&step.call);
    value["step"] = json!(step.step);
    value["node"] = json!(step.node);
    value["fuel_change"] = json!(fuel_change);
    value
}

fn flow(walked: &FlowWalked) -> Value {
    json!({
        "flow": walked.flow,
        "message": walked.message,
        "outcome": walked.outcome,
        "nodes": walked.nodes.iter().map(node).collect::<Vec<_>>(),
    })
}

fn node(node: &NodeDone) -> Value {
    let mut value = call(&node.call);
    value["flow"] = json!(node.flow);
    value["node"] = json!(node.node);
    value
}

/// Without wall time, which differs from run to run; the events have it.
fn call(call: &Called) -> Value {
    json!({
        "function": call.function,
        "component": call.component,
        "status": call.status,
        "message": call.message,
        "fuel": call.meters.fuel,
        "memory_bytes": call.meters.memory_bytes,
        "table_elements": call.meters.table_elements,
        "output_bytes": call.meters.output_bytes,
        "host_calls": call.meters.host_calls,
        "host_bytes": call.meters.host_bytes,
        "attempts": call.attempts,
    })
}

fn check(check: &CheckFinished) -> Value {
    json!({
        "check": check.check,
        "scope": check.scope,
        "level": check.level,
        "status": check.status.name(),
        "applicable": check.status != Status::NotApplicable,
        "reason": check.reason,
        "findings": check.findings,
        "reproduce": check.reproduce,
    })
}
