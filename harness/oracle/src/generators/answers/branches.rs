//! Answers that change with another one, because other questions are shown then.

use super::mutation::{Edit, MutationSpec};
use provision_core::wizard::questions::{Condition, Kind, Question, fitting};
use serde_json::{Map, Value, json};

/// Conditions on conditions that are followed.
const DEEPEST: usize = 8;

/// The answers that a user gives or takes back on giving `value` as the answer to
/// `question`: those to required questions that it shows, and those to questions that
/// it hides.
pub(super) fn following(
    spec: &MutationSpec<'_>,
    question: &Question,
    value: Option<&Value>,
) -> Vec<Edit> {
    if spec.questions.iter().all(|q| q.shown_if.is_none()) {
        return Vec::new();
    }
    let mut after = spec.answers.clone();
    match value {
        Some(value) => drop(after.insert(question.id.clone(), value.clone())),
        None => drop(after.remove(&question.id)),
    }
    settle(spec, question, &mut after);
    difference(spec, question, &after)
}

/// Other answers on which `question` is shown, none if it is shown already; `None` if
/// there are no such answers, or the harness cannot find them.
pub(super) fn revealing(spec: &MutationSpec<'_>, question: &Question) -> Option<Vec<Edit>> {
    let Some(condition) = &question.shown_if else {
        return Some(Vec::new());
    };
    if condition.holds(spec.answers) == Some(true) {
        return Some(Vec::new());
    }
    let mut after = spec.answers.clone();
    decide(spec, condition, true, &mut after, DEEPEST)?;
    settle(spec, question, &mut after);
    let is_shown = condition.holds(&after) == Some(true);
    is_shown.then(|| difference(spec, question, &after))
}

/// Gives or takes back answers until each required question that `after` shows has one.
fn settle(spec: &MutationSpec<'_>, changed: &Question, after: &mut Map<String, Value>) {
    for _ in 0..DEEPEST {
        let before = after.clone();
        for question in spec.questions.iter().filter(|q| q.id != changed.id) {
            let shown = question.shown(after);
            if shown == question.shown(spec.answers) {
                continue;
            }
            if shown == Some(false) {
                after.remove(&question.id);
            } else if question.required && !after.contains_key(&question.id) {
                after.insert(question.id.clone(), usual(spec, question));
            }
        }
        if *after == before {
            break;
        }
    }
}

/// The default of a question, or a made-up answer.
fn usual(spec: &MutationSpec<'_>, question: &Question) -> Value {
    let kind = question.answer();
    let default = question.default.as_ref();
    let default = default.filter(|default| kind.is_some_and(|kind| kind.takes(default)));
    default
        .cloned()
        .unwrap_or_else(|| fitting(question, spec.base_url))
}

/// What `after` changes in the answers, apart from the one to `changed`.
fn difference(
    spec: &MutationSpec<'_>,
    changed: &Question,
    after: &Map<String, Value>,
) -> Vec<Edit> {
    let others = spec.questions.iter().filter(|q| q.id != changed.id);
    let edit = |question: &Question| {
        let value = after.get(&question.id);
        (value != spec.answers.get(&question.id)).then(|| Edit {
            question: question.id.clone(),
            secret: question.secret,
            value: value.cloned(),
        })
    };
    others.filter_map(edit).collect()
}

/// Changes `answers` so that `condition` holds, or does not; `None` if that cannot be
/// done.
fn decide(
    spec: &MutationSpec<'_>,
    condition: &Condition,
    wanted: bool,
    answers: &mut Map<String, Value>,
    levels: usize,
) -> Option<()> {
    let levels = levels.checked_sub(1)?;
    if condition.holds(answers) == Some(wanted) {
        return Some(());
    }
    match condition {
        Condition::Is(field, value) => answer(spec, field, answers, levels, |question| {
            if wanted {
                equal(question, value)
            } else {
                other(question, value)
            }
        }),
        Condition::True(field) => answer(spec, field, answers, levels, |question| {
            equal(question, &json!(wanted))
        }),
        Condition::Given(field) => given(spec, field, wanted, answers, levels),
        Condition::Empty(field) => given(spec, field, !wanted, answers, levels),
        Condition::Not(inner) => decide(spec, inner, !wanted, answers, levels),
        Condition::All(all) | Condition::Any(all) => {
            let each = wanted == matches!(condition, Condition::All(_));
            let mut decided = all.iter().map(|one| {
                let mut tried = answers.clone();
                decide(spec, one, wanted, &mut tried, levels)?;
                *answers = tried;
                Some(())
            });
            if each {
                decided.collect()
            } else {
                decided.find_map(|done| done)
            }
        }
        Condition::Never | Condition::Unknown => None,
    }
}

/// Gives the answer that `choose` names to the question `field`, and makes it shown.
fn answer(
    spec: &MutationSpec<'_>,
    field: &str,
    answers: &mut Map<String, Value>,
    levels: usize,
    choose: impl Fn(&Question) -> Option<Value>,
) -> Option<()> {
    let question = spec.questions.iter().find(|q| q.id == field)?;
    if let Some(condition) = &question.shown_if {
        decide(spec, condition, true, answers, levels)?;
    }
    answers.insert(field.to_owned(), choose(question)?);
    Some(())
}

/// Answers the question `field`, or takes an optional answer back.
fn given(
    spec: &MutationSpec<'_>,
    field: &str,
    wanted: bool,
    answers: &mut Map<String, Value>,
    levels: usize,
) -> Option<()> {
    if wanted {
        return answer(spec, field, answers, levels, |q| Some(usual(spec, q)));
    }
    let question = spec.questions.iter().find(|q| q.id == field);
    if question.is_some_and(|question| question.required) {
        return None;
    }
    answers.remove(field);
    Some(())
}

/// The answer to `question` that equals `value` in a form.
fn equal(question: &Question, value: &Value) -> Option<Value> {
    let text = text(value);
    let mut choices = question.choices().peekable();
    if choices.peek().is_some() {
        return choices.find(|choice| self::text(choice) == text).cloned();
    }
    match question.answer()? {
        Kind::Text => Some(Value::String(text)),
        Kind::Bool => text.parse::<bool>().ok().map(Value::from),
        Kind::Number | Kind::Integer => serde_json::from_str(&text).ok().filter(Value::is_number),
        Kind::Choice | Kind::List | Kind::Object => None,
    }
}

/// An answer to `question` that does not equal `value`.
fn other(question: &Question, value: &Value) -> Option<Value> {
    let differs = |other: &Value| text(other) != text(value);
    let offered = question.choices().find(|choice| differs(choice)).cloned();
    let truth = || {
        let is_bool = question.answer() == Some(Kind::Bool);
        let mut both = [json!(true), json!(false)].into_iter();
        both.find(differs).filter(|_| is_bool)
    };
    offered.or_else(truth)
}

fn text(value: &Value) -> String {
    let text = value.as_str();
    text.map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::super::{AnswerMutation, ProbeKind, mutations};
    use super::*;
    use provision_core::limits::FlowLimits;
    use provision_core::wizard::questions::questions;

    /// The mutations of a form in which `mode` shows `host`, which shows `port`.
    fn mutated(answers: &Value) -> Vec<AnswerMutation> {
        let asked = json!({ "questions": [
            { "id": "mode", "kind": "choice", "options": ["cloud", "own"], "required": true },
            { "id": "host", "kind": "text", "required": true,
              "visible_if": { "field": "mode", "eq": "own" } },
            { "id": "port", "kind": "integer", "required": true, "min": 1, "max": 9,
              "skip_if": { "condition": { "field": "host", "is_empty": true } } },
            { "id": "zone", "kind": "text", "required": true, "visible_if": "mode != 'own'" },
        ] });
        mutations(&MutationSpec {
            questions: &questions(&asked, &FlowLimits::DEFAULT).expect("questions"),
            answers: answers.as_object().expect("an object"),
            base_url: None,
            typed: true,
            longest: 100,
            deepest: 4,
            seed: 1,
        })
    }

    /// The changes of this kind in the answer to `question`, with what changes along.
    fn of(all: &[AnswerMutation], kind: ProbeKind, question: &str) -> Vec<Value> {
        let of_kind = all.iter().filter(|m| m.kind == kind);
        let of_kind = of_kind.filter(|m| m.edits[0].question == question);
        let edits = of_kind.map(|m| {
            let edits = m.all_edits();
            json!(edits.map(|e| (e.question, e.value)).collect::<Vec<_>>())
        });
        edits.collect()
    }

    #[test]
    fn answer_that_shows_other_questions_brings_their_answers() {
        let all = mutated(&json!({ "mode": "cloud" }));
        let cloud = json!([["mode", "cloud"]]);
        let own = json!([["host", "example"], ["port", 1], ["mode", "own"]]);
        assert_eq!(of(&all, ProbeKind::Valid, "mode"), [cloud, own]);
        // A hidden question is answered where it is shown.
        let none = json!([["mode", "own"], ["host", null]]);
        assert_eq!(of(&all, ProbeKind::Missing, "host"), [none]);
        let least = json!([["mode", "own"], ["host", "example"], ["port", 1]]);
        assert!(of(&all, ProbeKind::Valid, "port").contains(&least));
    }

    #[test]
    fn answer_that_hides_questions_takes_their_answers_back() {
        let all = mutated(&json!({ "mode": "own", "host": "h", "port": 3 }));
        let cloud = json!([["host", null], ["port", null], ["mode", "cloud"]]);
        assert!(of(&all, ProbeKind::Valid, "mode").contains(&cloud));
        let none = json!([["host", null]]);
        assert_eq!(of(&all, ProbeKind::Missing, "host"), [none]);
    }

    #[test]
    fn answer_is_not_demanded_where_nobody_knows_whether_it_is_asked() {
        let all = mutated(&json!({ "mode": "cloud" }));
        assert_eq!(of(&all, ProbeKind::Missing, "zone"), [json!(null); 0]);
        assert_eq!(of(&all, ProbeKind::WrongType, "zone"), [json!(null); 0]);
        assert!(!of(&all, ProbeKind::Hostile, "zone").is_empty());
    }
}
