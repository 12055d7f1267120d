//! determinism.*: do the same inputs give the same bytes?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, ScopeKind, Stage};
use crate::run_diff::differences;
use crate::subject::{Runs, Subject};
use provision_core::Finding;
use provision_core::wizard::WizardRun;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "determinism.repeat",
        stage: Stage::Determinism,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host compares runs. Without it no other result of this harness, and no approval of a plan, means anything.",
        requirement: "The same inputs give the same bytes: outputs, plan, diagnostics, fuel.",
        why: "A step that answers differently each time cannot be reviewed, cached or reproduced.",
        fix: "Derive ids from the inputs; use no clock, no randomness and no order of a hash map.",
        run: repeat,
    },
    Check {
        id: "determinism.isolated",
        stage: Stage::Determinism,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host compares runs. Without it no other result of this harness, and no approval of a plan, means anything.",
        requirement: "A step's result does not depend on what ran before it, on which thread, or on a warm cache.",
        why: "A result that depends on earlier steps is different in production.",
        fix: "Keep nothing between calls: a step starts in fresh memory.",
        run: isolated,
    },
    Check {
        id: "determinism.compilers",
        stage: Stage::Determinism,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host compares compilers.",
        requirement: "Unoptimised and optimised code, and the Pulley interpreter, give the same bytes.",
        why: "Hosts differ in their compilers; a pack must not.",
        fix: "Avoid behaviour that depends on NaN bits or on stack depth.",
        run: compilers,
    },
];

fn repeat(subject: &Subject, findings: &mut Findings) {
    each(subject, findings, |runs| {
        // There is a second run only if the isolated one differs; an equal isolated run
        // is a repetition too.
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
    if found.is_empty() && !runs.first.completed() {
        Conclusion::Blocked("the wizard did not complete".into())
    } else {
        Conclusion::of(found)
    }
}
