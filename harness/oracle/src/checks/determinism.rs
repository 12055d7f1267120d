//! determinism.*: do the same inputs give the same bytes?

use crate::judge::{Check, Conclusion, Findings, Level, ScopeKind};
use crate::observe::{Runs, Subject};
use provision_core::Finding;
use provision_core::json::first_difference;
use provision_core::text::inert;
use provision_core::wizard::{StepRun, WizardRun};
use serde_json::Value;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "determinism.repeat",
        level: Level::Must,
        scope: ScopeKind::Wizard,
        requirement: "The same inputs give the same bytes: outputs, plan, diagnostics, fuel.",
        why: "What answers differently each time cannot be reviewed, cached or reproduced.",
        fix: "Derive ids from the inputs; use no clock, no randomness and no order of a hash map.",
        run: repeat,
    },
    Check {
        id: "determinism.isolated",
        level: Level::Must,
        scope: ScopeKind::Wizard,
        requirement: "A step's result does not depend on what ran before it, on which thread, or on a warm cache.",
        why: "A result that depends on what ran before is another one in production.",
        fix: "Keep nothing between calls: a step starts in fresh memory.",
        run: isolated,
    },
    Check {
        id: "determinism.compilers",
        level: Level::Should,
        scope: ScopeKind::Wizard,
        requirement: "Unoptimised and optimised code, and the Pulley interpreter, give the same bytes.",
        why: "Hosts differ in their compilers; a pack must not.",
        fix: "Avoid behaviour that depends on NaN bits or on stack depth.",
        run: compilers,
    },
];

fn repeat(subject: &Subject, findings: &mut Findings) {
    each(subject, findings, |runs| {
        // Where the isolated run is the same, it is the same inputs again as well.
        conclude(runs, runs.second.as_ref().or(runs.isolated.as_ref()))
    });
}

fn isolated(subject: &Subject, findings: &mut Findings) {
    each(subject, findings, |runs| {
        conclude(runs, runs.isolated.as_ref())
    });
}

fn compilers(subject: &Subject, findings: &mut Findings) {
    each(subject, findings, |runs| {
        if !runs.first.completed() {
            return Conclusion::Blocked("the wizard did not complete".into());
        }
        if runs.compilers.is_empty() {
            let reason = "no other compiler was asked for (--profile strict)";
            return Conclusion::NotApplicable(reason.into());
        }
        let mut found = Vec::new();
        for (compiler, run) in &runs.compilers {
            let differences = differences(&runs.first, run).into_iter();
            found.extend(differences.map(|mut finding| {
                finding.at = format!("{}, {compiler}", finding.at);
                finding
            }));
        }
        incomplete(runs, found)
    });
}

fn each(subject: &Subject, findings: &mut Findings, conclude: impl Fn(&Runs) -> Conclusion) {
    findings.each_wizard(subject, |_, observed| match &observed.runs {
        Ok(runs) => conclude(runs),
        Err(_) => Conclusion::Blocked("the wizard was not driven".into()),
    });
}

fn conclude(runs: &Runs, other: Option<&WizardRun>) -> Conclusion {
    match other {
        Some(other) => incomplete(runs, differences(&runs.first, other)),
        None => Conclusion::Blocked("a step that hit a bound is not run once more".into()),
    }
}

fn incomplete(runs: &Runs, found: Vec<Finding>) -> Conclusion {
    match found.is_empty() && !runs.first.completed() {
        true => Conclusion::Blocked("the wizard did not complete".into()),
        false => Conclusion::of(found),
    }
}

/// In what two runs on the same inputs differ.
pub(crate) fn differences(first: &WizardRun, second: &WizardRun) -> Vec<Finding> {
    let finding = |code: &str, at: String, a: String, b: String| {
        let actual = format!("first {a}, then {b}");
        Finding::new(code, at, "the same in both runs", actual)
    };
    let mut found = Vec::new();
    if first.outcome != second.outcome || first.steps.len() != second.steps.len() {
        let (a, b) = (
            format!("{:?}", first.outcome),
            format!("{:?}", second.outcome),
        );
        found.push(finding("E_OUTCOME_DIFFERS", "outcome".into(), a, b));
    }
    for (a, b) in first.steps.iter().zip(&second.steps) {
        let at = a.name();
        if let Some((pointer, x, y)) = output_difference(a, b) {
            found.push(finding("E_OUTPUT_DIFFERS", format!("{at} {pointer}"), x, y));
        } else if a.failure().map(|f| f.code) != b.failure().map(|f| f.code) {
            let code = |s: &StepRun| {
                s.failure()
                    .map_or("no failure", |f| f.code.code())
                    .to_owned()
            };
            found.push(finding("E_OUTCOME_DIFFERS", at, code(a), code(b)));
        } else if a.meters.fuel != b.meters.fuel {
            let fuel = |s: &StepRun| format!("{} fuel", s.meters.fuel);
            found.push(finding("E_FUEL_DIFFERS", at, fuel(a), fuel(b)));
        } else if a.attempts != b.attempts {
            let (a, b) = ("one series of calls to the host".into(), "another".into());
            found.push(finding("E_HOSTCALLS_DIFFER", at, a, b));
        }
    }
    if found.is_empty() && (first.plan != second.plan || first.diagnostics != second.diagnostics) {
        let (a, b) = ("one plan".into(), "another".into());
        found.push(finding("E_PLAN_DIFFERS", "plan".into(), a, b));
    }
    found
}

/// The first differing pointer; the whole output where only its bytes differ.
fn output_difference(a: &StepRun, b: &StepRun) -> Option<(String, String, String)> {
    if a.raw == b.raw {
        return None;
    }
    let show = |v: Option<&Value>| v.map_or("nothing".into(), |v| inert(&v.to_string(), 120));
    if let (Some(x), Some(y)) = (a.output(), b.output())
        && let Some((pointer, x, y)) = first_difference(&x.data, &y.data)
    {
        return Some((inert(&pointer, 200), show(x), show(y)));
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
