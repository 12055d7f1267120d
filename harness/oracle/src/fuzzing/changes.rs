//! Changes of an input: answers by the kind of question, everything else as JSON.

use super::input::{FuzzInputSpec, Input, answer, with_answer};
use crate::generators::json::{Dictionary, change, leaf, number, word};
use provision_core::rng::Rng;
use provision_core::wizard::ProvisionMode;
use provision_core::wizard::questions::{Kind, Question};
use serde_json::{Value, json};

/// Levels that an answer may nest.
const DEEPEST: usize = 40;

/// `input` with one to four changes. Some answers come from `other`, another
/// input of the same wizard.
pub(super) fn changed(
    input: &Input,
    other: &Input,
    spec: &FuzzInputSpec,
    rng: &mut Rng,
    dictionary: &Dictionary,
) -> Input {
    let mut input = input.clone();
    let times = if rng.one_in(3) { 1 + rng.below(4) } else { 1 };
    for _ in 0..times {
        match (rng.below(16), rng.choose(&spec.questions)) {
            (0..=10, Some(question)) => {
                let value = value(question, &input, other, rng, dictionary);
                input = with_answer(&input, question, value);
            }
            (11 | 12, _) => change(&mut input.inputs.answers, rng, dictionary, DEEPEST),
            (13, _) => {
                let own = input.own.as_mut().unwrap_or(&mut input.inputs.answers);
                change(own, rng, dictionary, DEEPEST);
            }
            (14, _) => prior_state(&mut input, rng, dictionary),
            _ => context(&mut input, rng, dictionary),
        }
    }
    input
}

/// Another answer to `question`; `None` for no answer.
fn value(
    question: &Question,
    input: &Input,
    other: &Input,
    rng: &mut Rng,
    dictionary: &Dictionary,
) -> Option<Value> {
    let was = answer(input, question);
    match rng.below(16) {
        0 => None,
        1 => answer(other, question).cloned(),
        2 => Some(leaf(rng, dictionary)),
        3 | 4 => {
            let mut value = was.cloned().unwrap_or_default();
            change(&mut value, rng, dictionary, DEEPEST);
            Some(value)
        }
        _ => Some(match question.answer() {
            Some(Kind::Bool) => json!(rng.one_in(2)),
            Some(Kind::Number | Kind::Integer) => json!(number(rng, dictionary)),
            Some(Kind::Choice) => match rng.choose(&question.options) {
                Some(option) if !rng.one_in(8) => option.clone(),
                _ => json!(word(rng, dictionary)),
            },
            Some(Kind::List) => json!([word(rng, dictionary), leaf(rng, dictionary)]),
            Some(Kind::Object) => json!({ word(rng, dictionary): leaf(rng, dictionary) }),
            Some(Kind::Text) | None => match rng.below(8) {
                0 => json!(number(rng, dictionary).to_string()),
                1 => {
                    let was = was.and_then(Value::as_str).unwrap_or_default();
                    json!(format!("{was}{}", word(rng, dictionary)))
                }
                _ => json!(word(rng, dictionary)),
            },
        }),
    }
}

/// Changes the state that an earlier setup left, as the input claims it.
fn prior_state(input: &mut Input, rng: &mut Rng, dictionary: &Dictionary) {
    let state = &mut input.inputs.existing_state;
    match state {
        Some(_) if rng.one_in(8) => *state = None,
        Some(state) => change(state, rng, dictionary, DEEPEST),
        None => {
            let config = input.inputs.answers.get("config").cloned();
            *state = Some(json!({
                "config": config.unwrap_or_else(|| json!({})), "secrets": {},
                "webhooks": [], "subscriptions": [], "oauth": [],
            }));
        }
    }
}

/// Changes one of the inputs other than answers and state.
fn context(input: &mut Input, rng: &mut Rng, dictionary: &Dictionary) {
    let text = word(rng, dictionary);
    let inputs = &mut input.inputs;
    match rng.below(6) {
        0 => inputs.public_base_url = None,
        1 => inputs.public_base_url = Some(text),
        2 => inputs.provider_id = text,
        3 => inputs.install_id = text,
        4 => inputs.tenant.tenant = Some(text),
        _ => {
            let modes = [
                ProvisionMode::Install,
                ProvisionMode::Update,
                ProvisionMode::Delete,
                ProvisionMode::DryRun,
            ];
            input.mode = *rng.choose(&modes).unwrap_or(&ProvisionMode::DryRun);
        }
    }
}
