//! The answers that a question allows.

use provision_core::text::inert;
use provision_core::wizard::questions::{Kind, Pattern, Question};
use serde_json::{Value, json};

/// Answers that `question` allows, each with a description: every choice, both truth
/// values, the limits, the default, and no answer (`None`) if it is optional. A text has
/// at most `longest` bytes. A secret stays a canary.
pub(crate) fn valid(question: &Question, longest: usize) -> Vec<(String, Option<Value>)> {
    let mut valid: Vec<(String, Option<Value>)> = Vec::new();
    if !question.secret {
        let offered = offered(question, longest).into_iter();
        valid.extend(offered.map(|(what, value)| (what, Some(value))));
        let default = question.default.as_ref();
        let fits = |value: &&Value| question.answer().is_none_or(|kind| kind.takes(value));
        if let Some(default) = default.filter(fits) {
            valid.push(("its default".into(), Some(default.clone())));
        }
    }
    if !question.required {
        valid.push(("no answer, which is optional".into(), None));
    }
    valid
}

fn offered(question: &Question, longest: usize) -> Vec<(String, Value)> {
    let kind = question.answer();
    let choices: Vec<&Value> = question.choices().collect();
    if !choices.is_empty() {
        let choice = |choice: &&Value| {
            let what = format!("the choice {}", inert(&choice.to_string(), 80));
            let value = match kind {
                Some(Kind::List) => json!([choice]),
                _ => (*choice).clone(),
            };
            (what, value)
        };
        let mut values: Vec<_> = choices.iter().map(choice).collect();
        if kind == Some(Kind::List) {
            values.push(("all choices".into(), json!(choices)));
        }
        return values;
    }
    let (least, most) = question.bounds;
    match kind {
        Some(Kind::Bool) => vec![("true".into(), json!(true)), ("false".into(), json!(false))],
        Some(Kind::Number | Kind::Integer) => {
            let limits = [("its minimum", least), ("its maximum", most)];
            let limits = limits.into_iter();
            let limits = limits.filter_map(|(what, limit)| Some((what.into(), number(limit?))));
            limits.collect()
        }
        Some(Kind::Text) => {
            let limits = [("its shortest text", least), ("its longest text", most)];
            let texts = limits.into_iter().filter_map(|(what, limit)| {
                let length = length(limit?).filter(|length| (1..=longest).contains(length))?;
                Some((what.to_owned(), Value::String("a".repeat(length))))
            });
            texts.filter(|(_, text)| fits(question, text)).collect()
        }
        _ => Vec::new(),
    }
}

/// A limit as a number of the kind in which people write it.
fn number(limit: f64) -> Value {
    if limit.fract() == 0.0 && limit.abs() < 1e15 {
        json!(limit as i64)
    } else {
        json!(limit)
    }
}

fn length(limit: f64) -> Option<usize> {
    (limit.fract() == 0.0 && (0.0..1e9).contains(&limit)).then_some(limit as usize)
}

/// Whether the text is one of letters, and matches the question's pattern.
fn fits(question: &Question, text: &Value) -> bool {
    let plain = ["text", "string", "str", "multiline", "textarea"];
    let text = text.as_str().unwrap_or_default();
    let pattern = question.pattern.as_ref();
    let matches = |p: &Pattern| p.regex().is_ok_and(|p| p.is_match(text));
    plain.contains(&question.kind.as_str()) && pattern.is_none_or(matches)
}
