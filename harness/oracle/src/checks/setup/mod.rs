//! setup.*: can a user of the ecosystem's hosts set the pack up?

mod authored;

use crate::check::{Applies, Bite, Check, Conclusion, Findings, Level, Run, ScopeKind, Stage};
use crate::probe_outcome::asked;
use crate::schema::{Unusable, first_broken};
use crate::subject::{Observed, Opened, Subject};
use provision_core::Finding;
use provision_core::codes::CheckCode;
use provision_core::text::inert;
use provision_core::wizard::questions::{GIVEN, Question};
use provision_core::wizard::{Driver, RunBy, WizardRun};
use serde_json::{Value, json};
use std::collections::BTreeSet;

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "setup.form",
        stage: Stage::Setup,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithSetup,
        bites: Bite::Setup,
        host: "The setup tool shows no question of a form that it cannot read, and refuses answers that miss its rules.",
        requirement: "The setup form decodes, and a complete set of answers that the setup tool accepts can be given.",
        why: "Users fill in this form; what it does not ask, no host knows.",
        fix: "Correct setup.yaml or qa/*.json; the finding names the file and the defect.",
        run: Run::OfPack(form),
    },
    Check {
        id: "setup.form-meant",
        stage: Stage::Setup,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithSetup,
        bites: Bite::Setup,
        host: "The setup tool ignores the member: users may leave the answer out, or it is stored as no secret, or the question is not asked.",
        requirement: "The setup tool asks, requires and protects what the setup form means to: no member that says so is misspelt or of a type that the tool does not read.",
        why: "A user who may skip a required answer has a provider that fails later; a secret that is not marked lies open.",
        fix: "Correct the member at the line and column of the finding.",
        run: Run::OfPack(authored::meant),
    },
    Check {
        id: "setup.secrets-read",
        stage: Stage::Setup,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithSetup,
        bites: Bite::Setup,
        host: "The setup tool drops a list that does not decode, says nothing, and asks for none of its secrets.",
        requirement: "The setup tool can read the file that lists the pack's secrets.",
        why: "Users provide the secrets that setup asks for; one that is missing fails the pack when it runs.",
        fix: "Write a JSON list of objects: `key` is a text, `required` is true or false, `description` is a text.",
        run: Run::OfPack(authored::secrets_read),
    },
    Check {
        id: "setup.files-strict",
        stage: Stage::Setup,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::EveryPack,
        bites: Bite::Nowhere,
        host: "Hosts ignore the member, or do not read the file.",
        requirement: "Setup forms, lists of secrets and texts can be read, and have only members that tools of the ecosystem know, each of the type that hosts read.",
        why: "A member that no tool reads does not do what its author expects.",
        fix: "Correct the member or leave it out; a remark may start with `_` or `$`, an extension with `x-`.",
        run: Run::OfPack(authored::strict),
    },
    Check {
        id: "setup.operator",
        stage: Stage::Setup,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::Providers,
        bites: Bite::Setup,
        host: "The operator stops the setup with this error.",
        requirement: "The operator's setup completes with the answers of the setup form: `qa-spec`, `i18n-keys` and `apply-answers` of the provider's component succeed, and the config is valid by the schema of the manifest's first component.",
        why: "This is how the operator installs a provider whose extension declares these operations; no setup flow runs.",
        fix: "Let the form ask what the component requires, or give it a default; put the provider's component first in the manifest.",
        run: Run::OfPack(operator),
    },
    Check {
        id: "setup.questions-agree",
        stage: Stage::Setup,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::Providers,
        bites: Bite::Setup,
        host: "The component refuses the answers of the form, so the operator stops.",
        requirement: "The setup form asks for everything that the provider's component requires and has no default for.",
        why: "Users can answer only what the form asks.",
        fix: "Add the question to setup.yaml under the id that the component uses, or rename one of them.",
        run: Run::OfPack(questions_agree),
    },
];

fn form(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let form = &opened.form;
    if let Some((file, refused)) = &form.undecoded {
        let found = authored::unreadable(CheckCode::FormUnreadable, file, refused);
        return findings.pack(Conclusion::Failed(found));
    }
    if form.questions.is_empty() {
        let reason = "the pack has no question for the setup tool to ask";
        return findings.pack(Conclusion::NotApplicable(reason.into()));
    }
    let answers = form.answers(&json!({}), Some(&subject.public_base_url));
    let unanswerable = form.unanswerable(&answers);
    findings.pack(match (form.refusal(&answers), unanswerable.first()) {
        (_, Some(question)) => Conclusion::Blocked(format!(
            "the harness knows no answer that matches the pattern of `{}`",
            inert(&question.id, 80)
        )),
        (Some(why), None) => {
            let file = form.file.as_deref().unwrap_or("the secret requirements");
            let expected = "answers that the setup tool accepts";
            let at = inert(file, 200);
            let actual = inert(&why, 300);
            let code = CheckCode::FormRefuses;
            Conclusion::Failed(vec![Finding::new(code, at, expected, actual)])
        }
        (None, None) => Conclusion::Passed,
    });
}

/// The wizards that the operator drives by operations of the component.
fn operated(opened: &Opened) -> impl Iterator<Item = &Observed> {
    let is = |o: &&Observed| {
        matches!(o.wizard.driver, Driver::Operator { .. }) && o.wizard.run_by == RunBy::Operator
    };
    opened.wizards.iter().filter(is)
}

const NO_CONTRACT: &str =
    "no provider extension declares the operations qa-spec, i18n-keys and apply-answers";

fn operator(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let (mut found, mut driven) = (Vec::new(), 0);
    for observed in operated(opened) {
        driven += 1;
        match &observed.runs {
            Err(finding) => found.push(finding.clone()),
            Ok(runs) => found.extend(stopped(observed, &runs.first)),
        }
        if let Some(run) = observed.run().filter(|run| run.completed()) {
            let depth = subject.limits.depth;
            found.extend(invalid_config(opened, depth, &observed.wizard.name, run));
        }
    }
    let is_error = |f: &Finding| f.code == CheckCode::NothingRan.into();
    findings.pack(match driven {
        0 => Conclusion::NotApplicable(NO_CONTRACT.into()),
        _ if found.iter().any(is_error) => Conclusion::Error(found),
        _ => Conclusion::of(found),
    });
}

/// Why the operator's setup stops; empty if it completes.
fn stopped(observed: &Observed, run: &WizardRun) -> Vec<Finding> {
    let expected = "the operator's setup completes with the answers of the form";
    let wizard = &observed.wizard.name;
    let mut found: Vec<Finding> = run
        .steps
        .iter()
        .filter_map(|step| Some((step, step.failure()?)))
        .map(|(step, failure)| {
            let at = format!("{wizard}, {}", inert(&step.function, 80));
            let finding = Finding::new(failure.code, at, expected, failure.message.clone());
            finding.about(step.component.as_deref())
        })
        .collect();
    if found.is_empty() && !run.completed() {
        let actual = format!("{} of {} steps ran", run.executed(), run.steps.len());
        let code = if run.executed() == 0 {
            CheckCode::NothingRan
        } else {
            CheckCode::Refused
        };
        found.push(Finding::new(code, wizard, expected, actual));
    }
    found
}

/// The violations of the schema that the operator holds the config against.
fn invalid_config(opened: &Opened, depth: usize, wizard: &str, run: &WizardRun) -> Option<Finding> {
    if wizard == "operator.remove" {
        return None;
    }
    let manifest = opened.pack.manifest().pack_v1.as_deref()?;
    let first = manifest.components.first()?;
    let schema = first.config_schema.as_ref().filter(|s| s.is_object())?;
    let config = applied_config(run)?;
    // `manifest.schemas-valid` reports a schema that is none.
    let document = ("manifest.cbor", schema);
    let (_, error) = match first_broken(&opened.pack, depth, document, &[config]) {
        Ok(broken) => broken?.errors.into_iter().next()?,
        Err(Unusable::Invalid(_)) => return None,
        Err(problem) => return Some(problem.finding(&format!("{wizard}, config"))),
    };
    let first = inert(first.id.as_str(), 120);
    let finding = Finding::new(
        CheckCode::ConfigInvalid,
        format!("{wizard}, config"),
        format!("valid by the config schema of `{first}`, the manifest's first component"),
        inert(&error, 300),
    );
    Some(finding.about(operated_file(opened)))
}

/// The file of the component that the operator asks.
fn operated_file(opened: &Opened) -> Option<&str> {
    operated(opened).find_map(|observed| match &observed.wizard.driver {
        Driver::Operator { component, .. } => component.as_deref(),
        _ => None,
    })
}

/// The config in the answer to `apply-answers`.
fn applied_config(run: &WizardRun) -> Option<&Value> {
    let mut outputs = run.steps.iter().filter_map(|step| step.output());
    outputs.find_map(|output| output.answer("config"))
}

fn questions_agree(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    let form: BTreeSet<&str> = opened
        .form
        .questions
        .iter()
        .map(|q| q.id.as_str())
        .collect();
    let (mut found, mut compared, mut driven) = (Vec::new(), 0, 0);
    for observed in operated(opened) {
        driven += 1;
        let own = observed.run().and_then(|run| asked(run, &subject.limits));
        let Some(own) = own else { continue };
        compared += 1;
        if observed.wizard.name == "operator.remove" {
            continue;
        }
        // A component may have a default that its questions do not state.
        let config = observed.run().and_then(applied_config);
        let has_default = |q: &Question| {
            let value = config.and_then(|config| config.get(&q.id));
            q.default.is_some() || value.is_some_and(|value| !value.is_null() && value != "")
        };
        let is_asked = |q: &Question| form.contains(q.id.as_str()) || q.id == GIVEN;
        let unasked = own
            .iter()
            .filter(|q| q.required && q.shown_if.is_none() && !has_default(q) && !is_asked(q));
        found.extend(unasked.map(|question| {
            let actual = match opened.form.file.as_deref() {
                Some(file) => format!("{} does not ask it", inert(file, 120)),
                None => "the pack has no setup form".to_owned(),
            };
            let at = format!("`{}`", inert(&question.id, 80));
            let expected = "a question of the setup form, because the component requires it";
            let finding = Finding::new(CheckCode::QuestionsDisagree, at, expected, actual);
            finding.about(operated_file(opened))
        }));
    }
    let unique: Vec<Finding> = found.into_iter().fold(Vec::new(), |mut all, finding| {
        if !all.contains(&finding) {
            all.push(finding);
        }
        all
    });
    findings.pack(match (driven, compared) {
        (0, _) => Conclusion::NotApplicable(NO_CONTRACT.into()),
        _ if opened.form.undecoded.is_some() => {
            Conclusion::Blocked("the setup form cannot be read".into())
        }
        (_, 0) => Conclusion::Blocked("the component gave no questions".into()),
        _ => Conclusion::of(unique),
    });
}
