//! [`AnswerSet`]: the answers of a run, and edits of them.

use crate::generators::answers::Edit;
use provision_core::wizard::questions::{Question, canary};
use provision_core::wizard::{
    Driver, ProvisionInputs, ProvisionStep, StepRun, Wizard, WizardRun, grants,
};
use serde_json::{Map, Value};
use std::collections::BTreeMap;

/// The answers that a run received: those in its inputs, and those to a
/// component's own questions.
#[derive(Debug, Clone)]
pub(crate) struct AnswerSet {
    pub(crate) inputs: ProvisionInputs,
    pub(crate) own: Option<Value>,
}

impl AnswerSet {
    pub(crate) fn of(wizard: &Wizard, inputs: &ProvisionInputs, first: &WizardRun) -> Self {
        let applied = |s: &&StepRun| s.step == ProvisionStep::Apply && !s.by_host;
        let applied = first.steps.iter().find(applied);
        let input = || serde_json::from_slice::<Value>(&applied?.input).ok();
        let own = match wizard.driver {
            Driver::ComponentQa { .. } => input(),
            Driver::Operator { .. } => input().and_then(|input| input.get("answers").cloned()),
            _ => None,
        };
        Self {
            inputs: inputs.clone(),
            own,
        }
    }

    /// The secrets in these answers, by key.
    pub(crate) fn secrets(&self, questions: &[Question]) -> BTreeMap<String, String> {
        let mut secrets = grants(&self.inputs).secrets;
        let own = questions.iter().filter(|q| q.secret);
        secrets.extend(own.filter_map(|q| {
            let value = self.own.as_ref()?.get(&q.id)?.as_str()?;
            Some((q.id.clone(), value.to_owned()))
        }));
        secrets
    }

    /// The same answers with a canary for each secret, and the canaries; `None`
    /// if no secret can be replaced.
    pub(crate) fn masked(
        &self,
        questions: &[Question],
    ) -> Option<(Self, BTreeMap<String, String>)> {
        let secrets = self.secrets(questions);
        let fits = |key: &str, canary: &str| {
            let question = questions.iter().find(|q| q.id == key);
            let pattern = question.and_then(|q| q.pattern.as_deref());
            pattern.is_none_or(|p| regex::Regex::new(p).is_ok_and(|p| p.is_match(canary)))
        };
        let canaries: BTreeMap<String, String> = secrets
            .iter()
            .map(|(key, value)| (key, value, canary(key)))
            .filter(|(key, value, canary)| !value.contains(canary.as_str()) && fits(key, canary))
            .map(|(key, _, canary)| (key.clone(), canary))
            .collect();
        let edits: Vec<Edit> = canaries
            .iter()
            .map(|(key, canary)| Edit {
                question: key.clone(),
                secret: true,
                value: Some(Value::String(canary.clone())),
            })
            .collect();
        (!edits.is_empty()).then(|| (self.with(&edits), canaries))
    }

    /// The same answers with `edits` applied.
    pub(crate) fn with(&self, edits: &[Edit]) -> Self {
        let mut changed = self.clone();
        for edit in edits {
            match &mut changed.own {
                Some(own) => set(own, &edit.question, edit.value.clone()),
                None => changed.set_in_inputs(edit),
            }
        }
        changed
    }

    /// Replaces an answer in place; puts a new one into `config` or `secrets`.
    fn set_in_inputs(&mut self, edit: &Edit) {
        let id = edit.question.as_str();
        // NB: the inputs also hold this answer outside of `answers`, as a text only.
        if id == "public_base_url" && !edit.value.as_ref().is_some_and(Value::is_string) {
            self.inputs.public_base_url = None;
        }
        let answers = &mut self.inputs.answers;
        let part = ["config", "secrets"]
            .into_iter()
            .find(|part| answers.get(*part).is_some_and(|p| p.get(id).is_some()));
        if part.is_none() && answers.get(id).is_some() {
            return set(answers, id, edit.value.clone());
        }
        let part = part.unwrap_or(if edit.secret { "secrets" } else { "config" });
        if let Some(map) = answers.as_object_mut() {
            let part = map.entry(part).or_insert_with(|| Value::Object(Map::new()));
            set(part, id, edit.value.clone());
        }
    }
}

fn set(answers: &mut Value, id: &str, value: Option<Value>) {
    if let Some(map) = answers.as_object_mut() {
        match value {
            Some(value) => map.insert(id.to_owned(), value),
            None => map.remove(id),
        };
    }
}
