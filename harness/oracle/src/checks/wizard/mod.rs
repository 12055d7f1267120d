//! wizard.*: is there a wizard, did each step run, and is its answer valid?

mod agreement;
mod questions;
mod texts;
pub(crate) mod translated;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::subject::{Observed, Runs, Subject};
use crate::varied::{Variation, Varied};
use greentic_types::validate::Severity;
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::{
    Driver, Outcome, ProvisionStep, RunBy, SETUP, StepCode, StepOutput, StepRun, WizardKind,
    WizardRun, role,
};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "wizard.present",
        stage: Stage::Wizard,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::Providers,
        bites: Bite::Setup,
        host: "The operator refuses: missing setup_default.",
        requirement: "A provider pack offers a setup wizard, a pack-v1 provider the flow `setup_default`, or says that nothing has to be set up.",
        why: "The operator cannot install a provider without setup (`missing setup_default`); a provider that needs none has to declare it.",
        fix: "Add the flow `setup_default`, or say that the pack needs no setup: `requires_setup: false` in its offers, `provisioning:none` in an older manifest.",
        run: Run::OfPack(present),
    },
    Check {
        id: "wizard.completes",
        stage: Stage::Wizard,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator runs the setup flow; the runner ends it with the step's error, so nothing after this step is set up.",
        requirement: "Every step of every wizard ran to completion.",
        why: "Only a step that ran to its end was tested; a wizard that stops leaves users half-way.",
        fix: "Correct the step; `--verbose` shows its place, and the command under `again` runs it again.",
        run: Run::OfPack(completes),
    },
    Check {
        id: "wizard.output",
        stage: Stage::Wizard,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The operator cannot decode the answer.",
        requirement: "Every step's output is bounded, valid, and of the contract's shape.",
        why: "A host that has to guess the meaning of an answer guesses wrong for some users.",
        fix: "Answer one JSON object with the keys of the contract, in UTF-8, each key once.",
        run: Run::OfPack(output),
    },
    Check {
        id: "wizard.questions",
        stage: Stage::Wizard,
        level: Level::Must,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The setup form cannot be shown or filled in.",
        requirement: "Questions have unique ids, known kinds, valid defaults and constraints; Adaptive Cards are valid.",
        why: "A form with two fields of one id, or a default that it refuses itself, cannot be filled in.",
        fix: "Give each question an id of its own, a known kind, and a default that satisfies its own constraints.",
        run: Run::OfPack(questions::well_formed),
    },
    Check {
        id: "wizard.questions-agree",
        stage: Stage::Wizard,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Setup,
        host: "The component refuses the answers that the form asked for.",
        requirement: "`setup.yaml`, the qa-spec and the config schema ask for the same things, with the same ones required and secret.",
        why: "Users fill in what setup.yaml says; a wizard that asks for something else refuses their answers.",
        fix: "Generate setup.yaml, the questions and the config schema from one source.",
        run: Run::OfPack(agreement::agree),
    },
    Check {
        id: "wizard.labels-translated",
        stage: Stage::Wizard,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "Hosts show the key instead of the text.",
        requirement: "Every text key that a wizard uses is in the component's i18n bundle. The component answers a request for the bundle of another language.",
        why: "A key without a text shows users the key.",
        fix: "Add the key to the component's English bundle, or correct it.",
        run: Run::OfPack(translated::translated),
    },
    Check {
        id: "wizard.texts-resolved",
        stage: Stage::Wizard,
        level: Level::Should,
        scope: ScopeKind::Wizard,
        applies: Applies::WithWizard,
        bites: Bite::Nowhere,
        host: "Hosts show the placeholder as it stands.",
        requirement: "Cards, labels and summaries hold no unresolved template: no `{{name}}`, `${name}` or `$data`. A quoted template (in backticks), a text key `{{i18n:…}}`, a date function of a card and the text of an answer are allowed.",
        why: "A user who reads `{{ room }}` does not learn which room is set up.",
        fix: "Fill the template in before the step answers, or quote it in backticks for users to read.",
        run: Run::OfPack(texts::resolved),
    },
];

fn present(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let manifest = opened.pack.manifest();
    let role = role(&opened.pack);
    let has = |is: fn(&Observed) -> bool| opened.wizards.iter().any(is);
    let offers = has(|o| o.wizard.kind == WizardKind::Setup);
    let is_provisioned = has(|o| matches!(o.wizard.driver, Driver::Provisioner { .. }));
    // The operator lists flows before it runs one or asks the component.
    let is_listed = manifest.flows.iter().any(|f| f.id == SETUP) || is_provisioned;
    if manifest.pack_v1.is_some() && role.needs_wizard && !is_listed {
        return findings.pack(Conclusion::Failed(vec![Finding::new(
            CheckCode::NoWizard,
            opened.pack.manifest_file(),
            format!("a flow `{SETUP}`, which the operator looks for"),
            "the manifest lists none",
        )]));
    }
    findings.pack(if offers || opened.pack.declares_no_provisioning() {
        Conclusion::Passed
    } else if !role.needs_wizard {
        Conclusion::NotApplicable(role.without_wizard())
    } else {
        Conclusion::Failed(vec![Finding::new(
            CheckCode::NoWizard,
            opened.pack.manifest_file(),
            "a setup entry flow, or the capability `provisioning:none`",
            "neither",
        )])
    });
}

fn completes(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| match &observed.runs {
        Err(finding) => Conclusion::Failed(vec![finding.clone()]),
        Ok(runs) => match everywhere(observed, runs) {
            // The finding is the same.
            Conclusion::Failed(_) if is_operated(observed) && !runs.first.completed() => {
                Conclusion::NotApplicable("`setup.operator` judges it".into())
            }
            conclusion => conclusion,
        },
    });
}

/// The first run, and if it completes, the runs with a tenant, with other base URLs, in
/// another language, and in another installation.
fn everywhere(observed: &Observed, runs: &Runs) -> Conclusion {
    let first = completed(observed, &runs.first);
    if !matches!(first, Conclusion::Passed) {
        return first;
    }
    let mut found = Vec::new();
    // A run that differs in everything shows again what one that differs in one thing
    // shows, which says more.
    let mut each = runs.varied.iter().filter(|varied| {
        let all = [Variation::NoBaseUrl, Variation::Installation];
        !all.contains(&varied.variation)
    });
    let alone = each.all(|varied| varied.run.completed());
    for Varied { variation, run, .. } in &runs.varied {
        let conclusion = match variation {
            Variation::Tenant | Variation::BaseUrl | Variation::Locale => completed(observed, run),
            Variation::Installation if alone => completed(observed, run),
            Variation::NoBaseUrl if crashed(run) => failures(run),
            _ => Conclusion::Passed,
        };
        if let Conclusion::Failed(findings) = conclusion {
            found.extend(findings.into_iter().map(|mut finding| {
                finding.at = format!("{}, {}", finding.at, variation.words());
                finding
            }));
        }
    }
    Conclusion::of(found)
}

/// Whether a step failed otherwise than by saying no: a wizard may need a base URL.
fn crashed(run: &WizardRun) -> bool {
    let mut failures = run.steps.iter().filter_map(|step| step.failure());
    failures.any(|failure| failure.code != StepCode::Step)
}

fn is_operated(observed: &Observed) -> bool {
    let by_operator = observed.wizard.run_by == RunBy::Operator;
    by_operator && matches!(observed.wizard.driver, Driver::Operator { .. })
}

fn completed(observed: &Observed, run: &WizardRun) -> Conclusion {
    let at = observed.wizard.name.as_str();
    let expected = "every step runs to completion";
    match &run.outcome {
        Outcome::Completed if run.executed() > 0 && all_answered(run) => Conclusion::Passed,
        Outcome::Completed | Outcome::NothingRan => Conclusion::Error(vec![Finding::new(
            CheckCode::NothingRan,
            at,
            expected,
            format!("{} of {} steps ran", run.executed(), run.steps.len()),
        )]),
        Outcome::Refused { step } => Conclusion::Failed(vec![refusal(*step, run)]),
        Outcome::Failed => failures(run),
    }
}

fn all_answered(run: &WizardRun) -> bool {
    run.steps.iter().all(|step| step.output().is_some())
}

fn failures(run: &WizardRun) -> Conclusion {
    let failures = run.steps.iter().filter_map(|s| Some((s, s.failure()?)));
    let findings = failures.clone().map(|(step, failure)| {
        let message = failure.message.clone();
        let expected = "the step runs to completion";
        let finding = Finding::new(failure.code, place(step), expected, message);
        finding.about(step.component.as_deref())
    });
    let findings: Vec<Finding> = findings.collect();
    if failures.clone().any(|(_, f)| f.code.is_error()) {
        Conclusion::Error(findings)
    } else {
        Conclusion::Failed(findings)
    }
}

/// A step and the file that holds it.
fn place(step: &StepRun) -> String {
    match &step.component {
        Some(file) => format!("{} ({})", step.name(), inert(file, 200)),
        None => step.name(),
    }
}

fn refusal(step: ProvisionStep, run: &WizardRun) -> Finding {
    let errors = run
        .diagnostics
        .iter()
        .filter(|d| d.severity == Severity::Error);
    let said: Vec<String> = errors
        .map(|d| format!("{}: {}", inert(&d.code, 80), inert(&d.message, 200)))
        .collect();
    let refused = run.steps.iter().rfind(|s| s.step == step);
    let finding = Finding::new(
        CheckCode::Refused,
        format!("step {step}"),
        "the answers of fixtures/setup.input.json, or answers that fit what is asked, are accepted",
        said.join("; "),
    );
    finding.about(refused.and_then(|s| s.component.as_deref()))
}

fn output(subject: &Subject, findings: &mut Findings) {
    findings.each_wizard(subject, |_, observed| {
        let Some(run) = observed.run() else {
            return Conclusion::Blocked("the wizard was not driven".into());
        };
        let found: Vec<Finding> = run.steps.iter().flat_map(bad_output).collect();
        if found.is_empty() && !run.completed() {
            Conclusion::Blocked("not every step completed".into())
        } else {
            Conclusion::of(found)
        }
    });
}

fn bad_output(step: &StepRun) -> Vec<Finding> {
    let expected = "JSON of the contract's shape";
    if let Some(failure) = step.failure().filter(|f| f.code.is_output()) {
        let code = failure.code;
        let finding = Finding::new(code, place(step), expected, failure.message.clone());
        return vec![finding.about(step.component.as_deref())];
    }
    // Answers of other contracts have other shapes.
    let own = step.output().filter(|_| step.contract);
    let unknown = own.map(StepOutput::unknown_keys).unwrap_or_default();
    let finding = |key: String| {
        let at = format!("{} {key}", place(step));
        let code = CheckCode::OutputUnknownKey;
        let finding = Finding::new(code, at, expected, "a key that no host reads");
        finding.about(step.component.as_deref())
    };
    unknown.into_iter().map(finding).collect()
}
