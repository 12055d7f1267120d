//! The inputs of a wizard: the pack's own answers, or generated valid ones.

use super::conditions::Conditions;
use crate::subject::{Observed, Opened};
use provision_core::codes::CheckCode;
use provision_core::wizard::questions::{Question, SetupForm, fitting, secret_requirements};
use provision_core::wizard::{ProvisionInputs, StepRun, TenantContext, WizardKind};
use provision_core::{Finding, Pack, json};
use serde_json::{Map, Value, json};

/// Whether answers are made up, because nobody gives any.
pub(super) fn are_made_up(pack: &Pack, conditions: &Conditions) -> bool {
    conditions.answers.is_none() && pack.fixture("setup.input.json").is_none()
}

/// Inputs with the pack's own `setup.input.json` as answers. Without that file,
/// generates answers to the questions `asked`, so that setup gets past its
/// validation.
pub(super) fn of(
    pack: &Pack,
    asked: &[Question],
    conditions: &Conditions,
) -> Result<ProvisionInputs, Finding> {
    let answers = match pack.fixture("setup.input.json") {
        _ if conditions.answers.is_some() => conditions.answers.clone().unwrap_or_default(),
        None => generated(pack, asked, conditions),
        Some((path, bytes)) => json::parse(&bytes, conditions.limits.depth).map_err(|e| {
            Finding::new(
                CheckCode::Fixture,
                path,
                "answers as strict JSON",
                e.to_string(),
            )
        })?,
    };
    let id = pack.manifest().id.clone().unwrap_or_else(|| "pack".into());
    Ok(ProvisionInputs {
        tenant: TenantContext::default(),
        install_id: format!("{id}-install"),
        provider_id: id,
        public_base_url: Some(conditions.public_base_url.clone()),
        answers,
        existing_state: None,
    })
}

/// An answer to each required question of `asked`, each default, and a canary for
/// each secret that the pack requires, or declares if it requires none. Empty if there
/// is none of these.
fn generated(pack: &Pack, asked: &[Question], conditions: &Conditions) -> Value {
    let mut config = Map::new();
    let mut secrets = Map::new();
    let base_url = Some(conditions.public_base_url.as_str());
    let form = SetupForm::of(pack, &conditions.limits);
    // One file may mark what another only asks; a secret gets a canary.
    let mut asked = asked.to_vec();
    form.mark_secrets(&mut asked);
    let mut so_far = Map::new();
    for question in &asked {
        if question.shown(&so_far) == Some(false) {
            continue;
        }
        let answer = match &question.default {
            _ if question.required => fitting(question, base_url),
            Some(default) if question.answer().is_some_and(|k| k.takes(default)) => default.clone(),
            _ => continue,
        };
        so_far.insert(question.id.clone(), answer.clone());
        let part = if question.secret {
            &mut secrets
        } else {
            &mut config
        };
        part.insert(question.id.clone(), answer);
    }
    let declared = secret_requirements(pack, conditions.limits.depth).unwrap_or_default();
    let any = !secrets.is_empty() || declared.values().any(|required| *required);
    // Without any secret, nothing could show whether the wizard leaks secrets.
    for (key, _) in declared
        .into_iter()
        .filter(|(_, required)| *required || !any)
    {
        // NB: `<redacted>` stands for a canary that the host holds.
        secrets.entry(key).or_insert_with(|| json!("<redacted>"));
    }
    let mut answers = Map::new();
    for (name, part) in [("config", config), ("secrets", secrets)] {
        if !part.is_empty() {
            answers.insert(name.into(), Value::Object(part));
        }
    }
    Value::Object(answers)
}

/// The questions that setup requires by the requirements step, or by its fixture
/// if the step gives no answer.
pub(super) fn required(opened: &Opened, conditions: &Conditions) -> Vec<Question> {
    let is = |o: &&Observed| o.wizard.kind == WizardKind::Requirements;
    let run = opened.wizards.iter().find(is).and_then(Observed::run);
    let steps = run.map(|r| r.steps.as_slice()).unwrap_or_default();
    let answered = |s: &StepRun| s.output()?.answer("requirements").cloned();
    let fixture = || {
        let (_, bytes) = opened.pack.fixture("requirements.expected.json")?;
        json::parse(&bytes, conditions.limits.depth).ok()
    };
    let requirements = steps.iter().find_map(answered).or_else(fixture);
    let requirements = requirements.unwrap_or_default();
    let keys = |key: &str, secret: bool| {
        let list = requirements.get(key).and_then(Value::as_array);
        let keys = list.into_iter().flatten().filter_map(Value::as_str);
        let question = move |id: &str| Question {
            required: true,
            secret,
            // The requirements name no kind.
            ..Question::plain(id, "unsaid")
        };
        keys.map(question).collect::<Vec<_>>()
    };
    let mut found = keys("config_required", false);
    found.extend(keys("secret_required", true));
    found
}
