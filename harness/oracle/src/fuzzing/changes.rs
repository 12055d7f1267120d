//! Changes of an input: answers by what is asked, everything else as JSON.

use super::input::{FuzzInputSpec, Input, answer, answered};
use crate::generators::json::{Dictionary, change, leaf, number, word};
use crate::generators::rng::Rng;
use provision_core::wizard::ProvisionMode;
use provision_core::wizard::questions::{Kind, Question};
use serde_json::{Value, json};

/// Levels that an answer may nest.
const DEEPEST: usize = 40;

/// Changes `input` in one way, or in a few. `other` is another input of the
/// same wizard, to take answers from.
pub(super) fn changed(
    input: &Input,
    other: &Input,
    ground: &FuzzInputSpec,
    (numbers, words): (&mut Rng, &Dictionary),
) -> Input {
    let mut input = input.clone();
    let times = if numbers.one_in(3) {
        1 + numbers.below(4)
    } else {
        1
    };
    for _ in 0..times {
        match (numbers.below(16), numbers.choose(&ground.questions)) {
            (0..=10, Some(question)) => {
                let value = value(question, &input, other, (numbers, words));
                input = answered(&input, question, value);
            }
            (11 | 12, _) => change(&mut input.inputs.answers, numbers, words, DEEPEST),
            (13, _) => {
                let own = input.own.as_mut().unwrap_or(&mut input.inputs.answers);
                change(own, numbers, words, DEEPEST);
            }
            (14, _) => prior_state(&mut input, numbers, words),
            _ => around(&mut input, numbers, words),
        }
    }
    input
}

/// Another answer to `question`; `None` for no answer.
fn value(
    question: &Question,
    input: &Input,
    other: &Input,
    (numbers, words): (&mut Rng, &Dictionary),
) -> Option<Value> {
    let was = answer(input, question);
    match numbers.below(16) {
        0 => None,
        1 => answer(other, question).cloned(),
        2 => Some(leaf(numbers, words)),
        3 | 4 => {
            let mut value = was.cloned().unwrap_or_default();
            change(&mut value, numbers, words, DEEPEST);
            Some(value)
        }
        _ => Some(match question.answer() {
            Some(Kind::Bool) => json!(numbers.one_in(2)),
            Some(Kind::Number | Kind::Integer) => json!(number(numbers, words)),
            Some(Kind::Choice) => match numbers.choose(&question.options) {
                Some(option) if !numbers.one_in(8) => option.clone(),
                _ => json!(word(numbers, words)),
            },
            Some(Kind::List) => json!([word(numbers, words), leaf(numbers, words)]),
            Some(Kind::Object) => json!({ word(numbers, words): leaf(numbers, words) }),
            Some(Kind::Text) | None => match numbers.below(8) {
                0 => json!(number(numbers, words).to_string()),
                1 => {
                    let was = was.and_then(Value::as_str).unwrap_or_default();
                    json!(format!("{was}{}", word(numbers, words)))
                }
                _ => json!(word(numbers, words)),
            },
        }),
    }
}

/// What an earlier setup is said to have left.
fn prior_state(input: &mut Input, numbers: &mut Rng, words: &Dictionary) {
    let state = &mut input.inputs.existing_state;
    match state {
        Some(_) if numbers.one_in(8) => *state = None,
        Some(state) => change(state, numbers, words, DEEPEST),
        None => {
            let config = input.inputs.answers.get("config").cloned();
            *state = Some(json!({
                "config": config.unwrap_or_else(|| json!({})), "secrets": {},
                "webhooks": [], "subscriptions": [], "oauth": [],
            }));
        }
    }
}

/// Everything but answers and state.
fn around(input: &mut Input, numbers: &mut Rng, words: &Dictionary) {
    let text = word(numbers, words);
    let inputs = &mut input.inputs;
    match numbers.below(6) {
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
            input.mode = *numbers.choose(&modes).unwrap_or(&ProvisionMode::DryRun);
        }
    }
}
