//! [`AnswerSet`]: the answers of a run, and edits of them.

use crate::generators::answers::Edit;
use crate::given::Given;
use provision_core::wizard::questions::{Question, canary, canary_of};
use provision_core::wizard::{
    Driver, ProvisionInputs, ProvisionStep, StepRun, Wizard, WizardRun, grants,
};
use serde_json::{Map, Value};
use std::collections::{BTreeMap, BTreeSet};

/// The answers that a run received: those in its inputs, and those to a
/// component's own questions.
#[derive(Debug, Clone)]
pub(crate) struct AnswerSet {
    pub(crate) inputs: ProvisionInputs,
    pub(crate) own: Option<Value>,
    /// Ids of answers in the inputs that a file of the pack says are secrets.
    declared: BTreeSet<String>,
}

impl AnswerSet {
    /// Answers of which no file of a pack says that they are secrets.
    pub(crate) fn new(inputs: ProvisionInputs, own: Option<Value>) -> Self {
        Self {
            inputs,
            own,
            declared: BTreeSet::new(),
        }
    }

    pub(crate) fn of(wizard: &Wizard, inputs: &ProvisionInputs, first: &WizardRun) -> Self {
        let applied = |s: &&StepRun| s.step == ProvisionStep::Apply && !s.by_host;
        let applied = first.steps.iter().find(applied);
        let input = || serde_json::from_slice::<Value>(&applied?.input).ok();
        let own = match wizard.driver {
            Driver::ComponentQa { .. } => input(),
            Driver::Operator { .. } => input().and_then(|input| input.get("answers").cloned()),
            _ => None,
        };
        let ids = parts(&inputs.answers).flat_map(|(_, part)| part.keys());
        Self {
            inputs: inputs.clone(),
            own,
            declared: ids
                .filter(|id| wizard.form.declares_secret(id))
                .cloned()
                .collect(),
        }
    }

    /// The answers by question, wherever they lie.
    pub(crate) fn by_question(&self) -> Map<String, Value> {
        if let Some(own) = &self.own {
            return own.as_object().cloned().unwrap_or_default();
        }
        let answers = &self.inputs.answers;
        let mut all = answers.as_object().cloned().unwrap_or_default();
        for part in ["config", "secrets"] {
            all.remove(part);
            let part = answers.get(part).and_then(Value::as_object);
            all.extend(part.cloned().unwrap_or_default());
        }
        all
    }

    /// The answer to the question `id`, where a run finds it.
    pub(crate) fn answer(&self, id: &str) -> Option<&Value> {
        let answers = match &self.own {
            Some(own) => return own.get(id),
            None => &self.inputs.answers,
        };
        let parts = [answers.get("config"), answers.get("secrets"), Some(answers)];
        parts.into_iter().flatten().find_map(|part| part.get(id))
    }

    /// What these answers give.
    pub(crate) fn given(&self) -> Given {
        Given::of(self.own.iter().chain([&self.inputs.answers]))
    }

    /// The secrets in these answers, by key: those that the host holds, and the answers
    /// to secret questions, wherever they lie.
    pub(crate) fn secrets(&self, questions: &[Question]) -> BTreeMap<String, String> {
        let mut secrets = grants(&self.inputs).secrets;
        let asked = questions.iter().filter(|q| q.secret).map(|q| &q.id);
        for id in asked.chain(&self.declared) {
            let own = self.own.as_ref().and_then(|own| own.get(id));
            let Some(answer) = own.or_else(|| self.in_inputs(id)) else {
                continue;
            };
            for (place, text) in texts(id, answer) {
                secrets.entry(place).or_insert(text);
            }
        }
        secrets
    }

    /// The answer to the question `id` in the inputs.
    fn in_inputs(&self, id: &str) -> Option<&Value> {
        parts(&self.inputs.answers).find_map(|(_, part)| part.get(id))
    }

    /// Whether the answer to the question `id` is a text, or is nowhere.
    fn is_text(&self, id: &str) -> bool {
        let own = self.own.as_ref().and_then(|own| own.get(id));
        let answer = own.or_else(|| self.in_inputs(id));
        answer.is_none_or(|answer| answer.is_string() || answer.is_null())
    }

    /// The same answers with a canary of the set `seed` for each secret that the harness
    /// did not make up, and the canaries; `None` if no secret can be replaced.
    pub(crate) fn masked(
        &self,
        questions: &[Question],
        seed: u64,
    ) -> Option<(Self, BTreeMap<String, String>)> {
        // The run on the made-up answers themselves searches for these.
        let is_given = |key: &str, value: &str| !value.contains(&canary(key));
        self.masked_where(questions, seed, is_given)
    }

    /// The same, for each secret.
    pub(crate) fn all_masked(
        &self,
        questions: &[Question],
        seed: u64,
    ) -> Option<(Self, BTreeMap<String, String>)> {
        self.masked_where(questions, seed, |_, _| true)
    }

    fn masked_where(
        &self,
        questions: &[Question],
        seed: u64,
        wanted: impl Fn(&str, &str) -> bool,
    ) -> Option<(Self, BTreeMap<String, String>)> {
        let secrets = self.secrets(questions);
        let fits = |key: &str, canary: &str| {
            let question = questions.iter().find(|q| q.id == key);
            let pattern = question.and_then(|q| q.pattern.as_ref());
            // A pattern that is not used refuses no answer.
            let regex = pattern.and_then(|p| p.regex().ok());
            regex.is_none_or(|p| p.is_match(canary))
        };
        let canaries: BTreeMap<String, String> = secrets
            .iter()
            .filter(|(key, _)| self.is_text(key))
            .filter(|(key, value)| wanted(key, value))
            .map(|(key, _)| (key.clone(), canary_of(key, seed)))
            .filter(|(key, canary)| fits(key, canary))
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

    /// The same answers as a user gives them: with the value of each secret, which a
    /// dry run lets the host keep.
    pub(crate) fn real(mut self) -> Self {
        let secrets = grants(&self.inputs).secrets;
        if let Some(Value::Object(part)) = self.inputs.answers.get_mut("secrets") {
            part.extend(secrets.into_iter().map(|(key, text)| (key, text.into())));
        }
        self
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

/// The objects in which answers lie, with the path of each, secrets first.
fn parts(answers: &Value) -> impl Iterator<Item = (&'static str, &Map<String, Value>)> {
    let named = ["secrets", "config", ""].into_iter();
    named.filter_map(move |name| {
        let part = match name {
            "" => Some(answers),
            name => answers.get(name),
        };
        Some((name, part?.as_object()?))
    })
}

/// The texts in a secret answer, by place: its own, or those of its members. A number
/// is the text of its digits.
fn texts(place: &str, answer: &Value) -> Vec<(String, String)> {
    match answer {
        Value::String(text) => vec![(place.to_owned(), text.clone())],
        Value::Number(number) => vec![(place.to_owned(), number.to_string())],
        Value::Array(items) => {
            let each = items.iter().enumerate();
            each.flat_map(|(i, item)| texts(&format!("{place}/{i}"), item))
                .collect()
        }
        Value::Object(map) => {
            let each = map.iter();
            each.flat_map(|(key, item)| texts(&format!("{place}/{key}"), item))
                .collect()
        }
        Value::Null | Value::Bool(_) => Vec::new(),
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

/// Replaces `from` by `to` in all texts of `value`.
pub(super) fn replace(value: &mut Value, from: &str, to: &str) {
    match value {
        Value::String(text) if text.contains(from) => *text = text.replace(from, to),
        Value::Array(items) => items.iter_mut().for_each(|item| replace(item, from, to)),
        Value::Object(map) => map.values_mut().for_each(|item| replace(item, from, to)),
        _ => {}
    }
}
