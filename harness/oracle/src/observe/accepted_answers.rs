//! Other made-up answers for a wizard that refuses the first ones: a form may demand that
//! one answer is `true`, and a rule over several questions allows only some of the
//! answers that each question allows by itself.

use super::answer_set::AnswerSet;
use super::conditions::Conditions;
use super::variations::known_questions;
use crate::generators::answers::{Edit, valid};
use crate::probe_outcome::{names, outcome_of};
use crate::subject::{ProbeOutcome, Runs};
use provision_core::Pack;
use provision_core::wizard::questions::{Declared, Kind, Question, fitting, fitting_of};
use provision_core::wizard::{ProvisionInputs, ProvisionMode, StepExecutor, Task, Wizard, drive};
use serde_json::{Value, json};

/// Other answers that are tried, at most.
const TRIES: usize = 24;
/// The set of made-up answers that has other words than the usual one.
const OTHER: u64 = 1;
/// Bytes of the longest text among them.
const LONGEST: usize = 4_096;

/// The inputs with made-up answers that `wizard` accepts, after it refused those of
/// `runs`; `None` if it refuses the others that are tried as well.
pub(super) fn accepted(
    executor: &dyn StepExecutor,
    pack: &Pack,
    wizard: &Wizard,
    runs: &Runs,
    declared: &[Declared],
    conditions: &Conditions,
) -> Option<ProvisionInputs> {
    let ProbeOutcome::Rejected(said) = outcome_of(&runs.first) else {
        return None;
    };
    let questions = known_questions(declared, wizard, runs, conditions);
    let answers = AnswerSet::of(wizard, &runs.inputs, &runs.first);
    let named = |q: &&Question| names(&said, std::slice::from_ref(&q.id));
    let mut wanted: Vec<&Question> = questions.iter().filter(named).collect();
    if wanted.is_empty() {
        wanted = questions.iter().collect();
    }
    let base_url = runs.inputs.public_base_url.as_deref();
    // A driver takes the answers to a component's own questions from the inputs.
    let mut base = answers.clone();
    base.own = None;
    let tried = others(&wanted, &answers, base_url).into_iter().take(TRIES);
    let mut tried = tried.map(|edits| base.with(&edits).inputs);
    tried.find(|inputs| {
        let task = Task {
            wizard,
            inputs,
            mode: ProvisionMode::DryRun,
            answers: None,
            stores: None,
        };
        drive(executor, pack, &task, &conditions.limits).completed()
    })
}

/// Other answers to `questions`, those that most forms with a rule want first.
fn others(questions: &[&Question], answers: &AnswerSet, base_url: Option<&str>) -> Vec<Vec<Edit>> {
    let edit = |question: &Question, value: Value| Edit {
        question: question.id.clone(),
        secret: question.secret,
        value: Some(value),
    };
    let is_false = |q: &&&Question| {
        q.answer() == Some(Kind::Bool) && answers.answer(&q.id) != Some(&json!(true))
    };
    let agreed = questions.iter().filter(is_false);
    let agreed: Vec<Edit> = agreed.map(|q| edit(q, json!(true))).collect();
    let mut others = vec![agreed];
    for question in questions {
        let given = answers.answer(&question.id);
        let values = alternatives(question, given, base_url).into_iter();
        let values = values.filter(|value| Some(value) != given);
        others.extend(values.map(|value| vec![edit(question, value)]));
    }
    // Two answers may have to be equal.
    for (at, one) in questions.iter().enumerate() {
        let Some(given) = answers.answer(&one.id) else {
            continue;
        };
        let alike = |other: &&&Question| {
            let answer = answers.answer(&other.id);
            other.kind == one.kind && answer.is_some() && answer != Some(given)
        };
        let alike = questions.iter().skip(at + 1).filter(alike);
        others.extend(alike.map(|other| vec![edit(other, given.clone())]));
    }
    others.retain(|edits| !edits.is_empty());
    others
}

/// Answers to a question that are not the one that is `given`.
fn alternatives(question: &Question, given: Option<&Value>, base_url: Option<&str>) -> Vec<Value> {
    let Some(given) = given else {
        return vec![fitting(question, base_url)];
    };
    let (least, most) = question.bounds;
    let within = |number: &i64| {
        let number = *number as f64;
        least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
    };
    let beside = given.as_i64().into_iter();
    let beside = beside.flat_map(|number| [number.saturating_add(1), number.saturating_sub(1)]);
    let offered = valid(question, LONGEST).into_iter();
    let offered = offered.filter_map(|(_, value)| value);
    let other = fitting_of(question, base_url, OTHER);
    let numbers = beside.filter(within).map(Value::from);
    numbers.chain(offered).chain([other]).collect()
}
