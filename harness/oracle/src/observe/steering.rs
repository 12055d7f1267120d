//! Runs with another answer to one question at a time: does the plan depend on it?

use super::answer_set::AnswerSet;
use super::probe::{Prober, Target};
use crate::generators::answers::Edit;
use crate::given::asks_a_place;
use provision_core::wizard::questions::{Kind, Question};
use provision_core::wizard::{StepRun, WizardKind, WizardRun};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

/// Questions that are tried, at most.
const QUESTIONS: usize = 16;
/// Other answers to a question that are tried, at most.
const ANSWERS: usize = 3;
/// Parts of the ids of questions whose answers people read, and no plan.
const UNREAD: [&str; 13] = [
    "comment", "note", "remark", "feedback", "reason", "terms", "consent", "accept", "agree",
    "survey", "confirm", "language", "locale",
];
/// Parts of the keys below which a form says when it shows a question.
const CONDITIONS: [&str; 5] = ["_if", "If", "when", "depends", "condition"];

impl Prober<'_> {
    /// By question of a setup wizard, whether another accepted answer gives another plan.
    /// Only questions that have to be answered, and whose answer is not about consent,
    /// are tried: an optional one may steer nothing, and says so by being optional.
    pub(super) fn steering(
        &self,
        target: &Target<'_>,
        questions: &[Question],
        first: &WizardRun,
    ) -> BTreeMap<String, bool> {
        let mut steers = BTreeMap::new();
        if !self.conditions.second_runs || target.wizard.kind != WizardKind::Setup {
            return steers;
        }
        let conditions = conditions(first);
        let wanted = questions.iter().filter(|q| is_wanted(q));
        let wanted = wanted.filter(|q| !conditions.contains(&q.id));
        for question in wanted.take(QUESTIONS) {
            let Some(answer) = target.base.answer(&question.id) else {
                continue;
            };
            let others = others(question, answer).into_iter().take(ANSWERS);
            let runs = others.map(|value| self.with(target, question, value));
            let accepted: Vec<WizardRun> = runs.filter(WizardRun::completed).collect();
            if !accepted.is_empty() {
                let differs = accepted.iter().any(|run| depends(first, run));
                steers.insert(question.id.clone(), differs);
            }
        }
        steers
    }

    /// A run with this answer to one question.
    pub(super) fn with(&self, target: &Target<'_>, question: &Question, value: Value) -> WizardRun {
        let edit = Edit {
            question: question.id.clone(),
            secret: false,
            value: Some(value),
        };
        let answers: AnswerSet = target.base.with(&[edit]);
        self.run(&target.executor, target.wizard, &answers)
    }
}

/// Whether the runs differ in their plans or in what they asked of the host.
fn depends(first: &WizardRun, other: &WizardRun) -> bool {
    let asked = |run: &WizardRun| {
        let calls = run.steps.iter().map(|step: &StepRun| step.attempts.clone());
        calls.collect::<Vec<_>>()
    };
    first.plan != other.plan || asked(first) != asked(other)
}

fn is_wanted(question: &Question) -> bool {
    let id = question.id.to_lowercase();
    let is_read = !UNREAD.iter().any(|part| id.contains(part));
    question.required && !question.secret && is_read && !asks_a_place(&id)
}

/// Other answers that the question allows.
fn others(question: &Question, answer: &Value) -> Vec<Value> {
    let (least, most) = question.bounds;
    let within =
        |size: f64| least.is_none_or(|least| size >= least) && most.is_none_or(|most| size <= most);
    let plain = ["text", "string", "str"].contains(&question.kind.as_str());
    let mut others: Vec<Value> = match question.answer() {
        Some(Kind::Choice | Kind::Text) if !question.options.is_empty() => {
            question.choices().cloned().collect()
        }
        Some(Kind::Number | Kind::Integer) => {
            let number = answer.as_i64().unwrap_or(1);
            let beside = [number.saturating_add(1), number.saturating_sub(1)];
            let beside = beside.into_iter().filter(|n| within(*n as f64));
            beside.map(Value::from).collect()
        }
        Some(Kind::Text) if plain && question.pattern.is_none() => {
            let texts = ["another", "yet-another-answer", "x2"].into_iter();
            let texts = texts.filter(|text| within(text.len() as f64));
            texts.map(|text| json!(text)).collect()
        }
        _ => Vec::new(),
    };
    others.retain(|other| other != answer);
    others
}

/// Every text in a condition of the forms that the run showed: the ids of questions on
/// which other questions depend are among them.
fn conditions(run: &WizardRun) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let outputs = run.steps.iter().filter_map(StepRun::output);
    for form in outputs.filter_map(|output| output.questions.as_ref()) {
        collect(form, false, &mut found);
    }
    found
}

fn collect(value: &Value, in_condition: bool, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if in_condition => {
            let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == '-'));
            found.extend(words.map(str::to_owned));
        }
        Value::Array(items) => {
            for item in items {
                collect(item, in_condition, found);
            }
        }
        Value::Object(map) => {
            for (key, member) in map {
                if in_condition {
                    found.insert(key.clone());
                }
                let is_one = CONDITIONS.iter().any(|part| key.contains(part));
                collect(member, in_condition || is_one, found);
            }
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use provision_core::wizard::questions::Pattern;

    #[test]
    fn other_answers_are_valid_and_different() {
        let question = |kind: &str, change: &dyn Fn(&mut Question)| {
            let mut question = Question::plain("q", kind);
            change(&mut question);
            question
        };
        let choice = question("choice", &|q| {
            q.options = vec![json!("eu"), json!({"value": "us"})]
        });
        assert_eq!(others(&choice, &json!("eu")), [json!("us")]);
        let port = question("integer", &|q| q.bounds = (Some(1.0), Some(2.0)));
        assert_eq!(others(&port, &json!(1)), [json!(2)]);
        let room = question("text", &|q| q.bounds = (None, Some(7.0)));
        assert_eq!(others(&room, &json!("x2")), [json!("another")]);
        let pattern = question("text", &|q| q.pattern = Some(Pattern::new("^a$")));
        assert_eq!(others(&pattern, &json!("a")), [Value::Null; 0]);
        assert_eq!(
            others(&question("bool", &|_| {}), &json!(true)),
            [Value::Null; 0]
        );
    }

    #[test]
    fn question_on_which_another_depends_is_found() {
        let form = json!({ "questions": [
            { "id": "mode" },
            { "id": "host", "visible_if": { "field": "mode", "eq": "own" } },
            { "id": "port", "show_if": "answers.kind == 'tcp'" },
        ] });
        let mut found = BTreeSet::new();
        collect(&form, false, &mut found);
        assert!(found.contains("mode") && found.contains("kind"));
        assert!(!found.contains("host") && !found.contains("port"));
    }
}
