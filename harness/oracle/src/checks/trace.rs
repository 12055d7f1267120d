//! trace.*: what runners recorded of flows that ran.

use crate::check::{Applies, Bite, Check, Conclusion, Level, Run, ScopeKind, Stage};
use crate::recorded::Recording;
use provision_core::Finding;
use provision_core::codes::RecordedCode;

pub(super) const CHECKS: &[Check] = &[Check {
    id: "trace.shape",
    stage: Stage::Trace,
    level: Level::Must,
    scope: ScopeKind::Recording,
    applies: Applies::Traces,
    bites: Bite::Nowhere,
    host: "No host reads a trace. Whoever reads it takes it for evidence of what ran.",
    requirement: "The file is strict JSON of a known format, and has at least one run with at least one event, or at \
                  least one span.",
    why: "A trace of nothing proves nothing, and a reader that does not understand a trace cannot judge it.",
    fix: "Record a run that executes the flow, and keep the file as the recorder wrote it.",
    run: Run::OfRecording(shape),
}];

/// `trace.shape`
fn shape(recording: &Recording) -> Conclusion {
    if let Some(defect) = &recording.defect {
        return Conclusion::Failed(vec![defect.clone()]);
    }
    if let Some(spans) = &recording.spans {
        return super::span::shape(spans);
    }
    if recording.format.is_none() {
        let expected =
            "an object with `runs` or `resourceSpans`, or spans with `name` and `attributes`";
        let found = "none of the members that mark a format";
        let found = Finding::new(RecordedCode::Format, "the file", expected, found);
        return Conclusion::Failed(vec![found]);
    }
    let empty =
        |at: String, expected, actual| Finding::new(RecordedCode::Empty, at, expected, actual);
    let runs = &recording.runs;
    let mut found = Vec::new();
    if runs.runs == 0 {
        found.push(empty("/runs".into(), "at least one run", "none"));
    }
    let without = runs
        .empty
        .iter()
        .map(|run| empty(format!("/runs/{run}/events"), "at least one event", "none"));
    found.extend(without);
    Conclusion::of(found)
}
