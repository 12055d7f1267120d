//! Compares two runs of one wizard on the same inputs.

use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::json;
use provision_core::text::inert;
use provision_core::wizard::{Outcome, StepRun, WizardRun};
use serde_json::Value;

/// The differences between two runs on the same inputs.
pub(crate) fn differences(first: &WizardRun, second: &WizardRun) -> Vec<Finding> {
    let finding = |code: CheckCode, at: String, a: String, b: String| {
        let actual = format!("first {a}, then {b}");
        Finding::new(code, at, "the same in both runs", actual)
    };
    let mut found = Vec::new();
    if first.outcome != second.outcome || first.steps.len() != second.steps.len() {
        let (a, b) = (ending(first), ending(second));
        found.push(finding(CheckCode::OutcomeDiffers, "outcome".into(), a, b));
    }
    for (a, b) in first.steps.iter().zip(&second.steps) {
        let at = a.name();
        if let Some((pointer, x, y)) = output_difference(a, b) {
            found.push(finding(
                CheckCode::OutputDiffers,
                format!("{at} {pointer}"),
                x,
                y,
            ));
        } else if a.failure().map(|f| f.code) != b.failure().map(|f| f.code) {
            let code = |s: &StepRun| {
                s.failure()
                    .map_or("no failure", |f| f.code.code())
                    .to_owned()
            };
            found.push(finding(CheckCode::OutcomeDiffers, at, code(a), code(b)));
        } else if a.meters.fuel != b.meters.fuel {
            let fuel = |s: &StepRun| format!("{} fuel", s.meters.fuel);
            found.push(finding(CheckCode::FuelDiffers, at, fuel(a), fuel(b)));
        } else if a.attempts != b.attempts {
            let (a, b) = ("one series of calls to the host".into(), "another".into());
            found.push(finding(CheckCode::HostcallsDiffer, at, a, b));
        }
    }
    if found.is_empty() && (first.plan != second.plan || first.diagnostics != second.diagnostics) {
        let (a, b) = ("one plan".into(), "another".into());
        found.push(finding(CheckCode::PlanDiffers, "plan".into(), a, b));
    }
    found
}

/// How a run ended, in words: a failure with the step, its code and its message.
pub(crate) fn ending(run: &WizardRun) -> String {
    let outcome = match &run.outcome {
        Outcome::Completed => "completed".to_owned(),
        Outcome::Failed => "failed".into(),
        Outcome::Refused { step } => format!("refused by {step}"),
        Outcome::NothingRan => "nothing ran".into(),
    };
    let mut failures = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    match failures.next() {
        None => outcome,
        Some((step, failure)) => {
            let message = inert(&failure.message, 200);
            format!(
                "{outcome}: {} in {}: {message}",
                failure.code.code(),
                step.name()
            )
        }
    }
}

/// The first differing pointer; the whole output if only its bytes differ.
fn output_difference(a: &StepRun, b: &StepRun) -> Option<(String, String, String)> {
    if a.raw == b.raw {
        return None;
    }
    let show = |v: Option<&Value>| v.map_or("nothing".into(), |v| inert(&v.to_string(), 120));
    if let (Some(x), Some(y)) = (a.output(), b.output())
        && let found = json::differences(&x.data, &y.data, &|x, y| x == y)
        && let Some(difference) = found.first()
    {
        let (x, y) = (show(difference.first), show(difference.second));
        return Some((inert(&difference.at, 200), x, y));
    }
    let bytes = |s: &StepRun| {
        let raw = s
            .raw
            .as_deref()
            .map(String::from_utf8_lossy)
            .unwrap_or_default();
        inert(&raw, 120)
    };
    Some(("(bytes)".into(), bytes(a), bytes(b)))
}
