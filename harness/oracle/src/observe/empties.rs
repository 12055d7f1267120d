//! Runs with an empty text as answer to one required question at a time.

use super::probe::{Prober, Target};
use provision_core::wizard::questions::{Kind, Question};
use provision_core::wizard::{WizardKind, WizardRun};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Questions that are tried, at most.
const QUESTIONS: usize = 16;

impl Prober<'_> {
    /// By question of a setup wizard that requires a text, whether an empty text gets into
    /// the config.
    pub(super) fn empties(
        &self,
        target: &Target<'_>,
        questions: &[Question],
        first: &WizardRun,
    ) -> BTreeMap<String, bool> {
        if !self.conditions.second_runs || target.wizard.kind != WizardKind::Setup {
            return BTreeMap::new();
        }
        let wanted = questions.iter().filter(|q| needs_letters(q));
        let tried = wanted.take(QUESTIONS).map(|question| {
            let run = self.with(target, question, json!(""));
            let (before, after) = (&first.plan.config_patch, &run.plan.config_patch);
            let own = after.get(&question.id) == Some(&json!(""));
            // A wizard may keep an answer under another name.
            let mut all = after.iter();
            let kept = own || all.any(|(key, after)| is_emptied(before.get(key), after));
            (question.id.clone(), run.completed() && kept)
        });
        tried.collect()
    }
}

/// Whether a text within `before` is empty in `after`.
fn is_emptied(before: Option<&Value>, after: &Value) -> bool {
    match (before, after) {
        (Some(Value::String(before)), Value::String(after)) => {
            after.is_empty() && !before.is_empty()
        }
        (Some(Value::Object(before)), Value::Object(after)) => {
            let mut members = after.iter();
            members.any(|(key, after)| is_emptied(before.get(key), after))
        }
        (Some(Value::Array(before)), Value::Array(after)) => {
            let mut items = before.iter().zip(after);
            items.any(|(before, after)| is_emptied(Some(before), after))
        }
        _ => false,
    }
}

/// Whether the question requires a text and does not itself say that it may be empty.
fn needs_letters(question: &Question) -> bool {
    let (least, _) = question.bounds;
    let offers_none = least == Some(0.0)
        || question.default.as_ref().and_then(Value::as_str) == Some("")
        || question.choices().any(|choice| choice == "");
    let is_text = question.answer() == Some(Kind::Text);
    question.required && !question.secret && is_text && !offers_none
}
