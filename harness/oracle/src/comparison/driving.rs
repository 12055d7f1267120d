//! Drives the wizards of two packs once each, with the same answers.

use crate::observe::answer_set::AnswerSet;
use crate::observe::{Conditions, Opening, observe_opened};
use crate::subject::Subject;
use provision_core::wizard::StepExecutor;
use serde_json::{Map, Value};

/// Observes both packs with the answers of the old one: those of `conditions`, else its
/// own, else generated ones. A question that only the new pack asks gets no answer but its
/// default. Only a component that asks by itself gets a made-up one, without which it
/// would not go on.
#[must_use]
pub fn observe_both(
    [old, new]: [Opening; 2],
    executor: &dyn StepExecutor,
    conditions: &Conditions,
) -> [Subject; 2] {
    let once = Conditions {
        probes: 0,
        second_runs: false,
        once: true,
        ..conditions.clone()
    };
    let first = observe_opened(old, executor, &once);
    let answers = answers(&first);
    let same = Conditions {
        answers: Some(answers.clone()),
        ..once
    };
    let runs = first.wizards().iter().filter_map(|o| o.runs.as_ref().ok());
    let differs = runs.into_iter().any(|runs| runs.inputs.answers != answers);
    // Each wizard may have been asked for something else.
    let again = Opening::again(&first).filter(|_| differs);
    let old = match again {
        Some(opening) => observe_opened(opening, executor, &same),
        None => first,
    };
    [old, observe_opened(new, executor, &same)]
}

/// The answers that all wizards of the pack received: those in their inputs, and those to
/// the questions of components.
fn answers(subject: &Subject) -> Value {
    let mut merged = Map::new();
    let ran = || {
        let wizards = subject.wizards().iter();
        wizards.filter_map(|o| Some((o, o.runs.as_ref().ok()?)))
    };
    for (_, runs) in ran() {
        merge(&mut merged, &runs.inputs.answers);
    }
    for (observed, runs) in ran() {
        let set = AnswerSet::of(&observed.wizard, &runs.inputs, &runs.first);
        let own = set.own.as_ref().and_then(Value::as_object);
        for (id, answer) in own.into_iter().flatten() {
            let places = ["config", "secrets"];
            let given = places.iter().any(|part| {
                let part = merged.get(*part);
                part.is_some_and(|part| part.get(id).is_some())
            });
            if given || merged.contains_key(id) {
                continue;
            }
            let part = if runs.secrets.contains_key(id) {
                "secrets"
            } else {
                "config"
            };
            let part = merged
                .entry(part)
                .or_insert_with(|| Value::Object(Map::new()));
            if let Some(part) = part.as_object_mut() {
                part.insert(id.clone(), answer.clone());
            }
        }
    }
    Value::Object(merged)
}

/// Adds the answers of `more` that `merged` lacks.
fn merge(merged: &mut Map<String, Value>, more: &Value) {
    for (key, value) in more.as_object().into_iter().flatten() {
        match (merged.get_mut(key), value) {
            (Some(Value::Object(part)), Value::Object(_)) if is_part(key) => merge(part, value),
            (Some(_), _) => {}
            (None, value) => {
                merged.insert(key.clone(), value.clone());
            }
        }
    }
}

fn is_part(key: &str) -> bool {
    matches!(key, "config" | "secrets")
}
