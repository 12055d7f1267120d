//! determinism.*: do the same inputs give the same bytes?

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::compare::all_differences;
use crate::run_diff::{differences, ending};
use crate::subject::{Runs, Subject};
use crate::varied::Variation;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::{ProvisionPlan, WizardRun};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "determinism.repeat",
        stage: Stage::Determinism,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "No host compares runs. Without it no other result of this harness, and no approval of a plan, means anything.",
        requirement: "The same inputs give the same bytes: outputs, plan, diagnostics, fuel. Outputs, plan and diagnostics are the same at another time and with other random numbers.",
        why: "A step that answers differently each time cannot be reviewed, cached or reproduced.",
        fix: "Derive ids from the inputs; use no clock, no randomness and no order of a hash map.",
        run: Run::OfPack(repeat),
    },
    Check {
        id: "determinism.mode",
        stage: Stage::Determinism,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The installation does something else than the plan that its user approved.",
        requirement: "The plan of an installation has the config, the secrets and the operations of the dry run. Notes may differ. An installation with other secrets, ids and hosts has as many members of config and secrets, and the same kinds of operations.",
        why: "A user approves the plan of the dry run, and the installation carries out its own.",
        fix: "Do not let the plan depend on the mode.",
        run: Run::OfPack(mode),
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
        run: Run::OfPack(isolated),
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
        run: Run::OfPack(compilers),
    },
];

fn repeat(subject: &Subject, findings: &mut Findings) {
    each(subject, findings, |runs| {
        // There is a second run only if the isolated one differs; an equal isolated run
        // is a repetition too.
        let mut other = elsewhere(runs, Variation::Time);
        other.extend(elsewhere(runs, Variation::Chance));
        match conclude(runs, runs.second.as_ref().or(runs.isolated.as_ref())) {
            Conclusion::Passed if !other.is_empty() => Conclusion::Failed(other),
            conclusion => conclusion,
        }
    });
}

/// The differences of a run under another condition. Fuel and the calls to the host may
/// depend on it, because hash maps do.
fn elsewhere(runs: &Runs, variation: Variation) -> Vec<Finding> {
    let Some(varied) = runs.varied(variation) else {
        return Vec::new();
    };
    let codes = [CheckCode::FuelDiffers, CheckCode::HostcallsDiffer];
    let counts = |finding: &Finding| codes.iter().any(|code| finding.code == (*code).into());
    let mut found = differences(&runs.first, &varied.run);
    found.retain(|finding| !counts(finding));
    if runs.first.outcome != varied.run.outcome {
        // The outputs differ for the same reason.
        found.truncate(1);
    }
    for finding in &mut found {
        finding.at = format!("{}, {}", finding.at, variation.words());
    }
    found
}

fn mode(subject: &Subject, findings: &mut Findings) {
    each(subject, findings, |runs| {
        let Some(varied) = runs.varied(Variation::Mode) else {
            let reason = "the wizard did not complete, or only an author runs it";
            return Conclusion::Blocked(reason.into());
        };
        let (first, other) = (&runs.first, &varied.run);
        if first.outcome != other.outcome {
            let at = format!("outcome, {}", Variation::Mode.words());
            let actual = format!("first {}, then {}", ending(first), ending(other));
            let code = CheckCode::OutcomeDiffers;
            let finding = Finding::new(code, at, "the same in both modes", actual);
            return Conclusion::Failed(vec![finding]);
        }
        let without_notes = |plan: &ProvisionPlan| {
            let plan = ProvisionPlan {
                notes: Vec::new(),
                ..plan.clone()
            };
            serde_json::to_value(&plan).unwrap_or_default()
        };
        let (first, other) = (without_notes(&first.plan), without_notes(&other.plan));
        let found = all_differences(&first, &other).into_iter().map(|d| {
            let expected = format!("as in the dry run: {}", d.expected);
            Finding::new(CheckCode::PlanDiffers, d.at, expected, d.actual)
        });
        let found: Vec<Finding> = found.collect();
        if found.is_empty() {
            Conclusion::of(other_plan(runs).into_iter().collect())
        } else {
            Conclusion::Failed(found)
        }
    });
}

/// The finding on the plan of another installation if it does something else than that of
/// a dry run for a tenant.
fn other_plan(runs: &Runs) -> Option<Finding> {
    let usual = runs.varied(Variation::Tenant)?;
    let other = runs.varied(Variation::Installation)?;
    if !usual.run.completed() || !other.run.completed() {
        return None;
    }
    let words = Variation::Installation.words();
    let of_answers = runs.probed.iter().flat_map(|probed| &probed.elsewhere);
    let of_answers = of_answers.map(|pair| (pair.what.as_str(), &pair.usual, &pair.other));
    let mut pairs = [(words, &usual.run.plan, &other.run.plan)]
        .into_iter()
        .chain(of_answers);
    pairs.find_map(|(what, usual, other)| {
        let (usual, other) = (actions(usual), actions(other));
        (usual != other).then(|| {
            let expected = format!("as in the dry run for a tenant: {usual}");
            Finding::new(
                CheckCode::PlanDiffers,
                format!("plan, {what}"),
                expected,
                other,
            )
        })
    })
}

/// How much a plan changes, in words. Keys, ids and URLs may hold what differs between two
/// installations, so that they are left out.
fn actions(plan: &ProvisionPlan) -> String {
    let verbs = |verbs: Vec<&str>| match verbs.as_slice() {
        [] => "none".to_owned(),
        verbs => inert(&verbs.join(", "), 200),
    };
    let webhooks = plan.webhook_ops.iter().map(|op| op.op.as_str());
    let subscriptions = plan.subscription_ops.iter().map(|op| op.op.as_str());
    let oauth = plan.oauth_ops.iter().map(|op| op.op.as_str());
    format!(
        "{} members of config, {} secrets set, {} deleted; webhooks: {}; subscriptions: {}; OAuth: {}",
        plan.config_patch.len(),
        plan.secrets_patch.set.len(),
        plan.secrets_patch.delete.len(),
        verbs(webhooks.collect()),
        verbs(subscriptions.collect()),
        verbs(oauth.collect()),
    )
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
