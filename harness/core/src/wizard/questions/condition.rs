//! [`Condition`]: on which answers a question is shown.
//!
//! Two forms occur: `visible_if` of the setup tool (`{field, eq}`, or an expression
//! `{op, …}`), and `skip_if` of a component's own questions.

use super::vocabulary::steered_by;
use serde_json::{Map, Value};
use std::collections::BTreeSet;

const SHOWN: &str = "visible_if";
const SKIPPED: &str = "skip_if";

/// A condition over the answers to other questions.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// The answer is this one. Texts, numbers and truth values compare as texts.
    Is(String, Value),
    /// The answer counts as true.
    True(String),
    /// There is an answer.
    Given(String),
    /// There is no answer, or an empty text.
    Empty(String),
    /// The condition does not hold.
    Not(Box<Self>),
    /// All of them hold.
    All(Vec<Self>),
    /// At least one of them holds.
    Any(Vec<Self>),
    /// Nothing shows the question.
    Never,
    /// The harness cannot evaluate the condition.
    Unknown,
}

impl Condition {
    /// The condition on which `item`, a question of a list, is shown; `None` if it is
    /// always shown.
    pub(super) fn of(item: &Value) -> Option<Self> {
        let given = |key: &str| item.get(key).filter(|value| !value.is_null());
        let shown = given(SHOWN).map(visible);
        let skipped = given(SKIPPED).map(|skip| Self::Not(Box::new(skipping(skip))));
        let other = steered_by(item).map(|_| Self::Unknown);
        let mut all: Vec<Self> = [shown, skipped, other].into_iter().flatten().collect();
        match all.len() {
            0 | 1 => all.pop(),
            _ => Some(Self::All(all)),
        }
    }

    /// Whether it holds for `answers`; `None` if they do not say.
    #[must_use]
    pub fn holds(&self, answers: &Map<String, Value>) -> Option<bool> {
        match self {
            Self::Is(field, value) => answers.get(field).map(|a| text(a) == text(value)),
            Self::True(field) => truth(answers.get(field)?),
            Self::Given(field) => Some(answers.contains_key(field)),
            Self::Empty(field) => {
                let answer = answers.get(field);
                Some(answer.is_none_or(|a| a.is_null() || a == ""))
            }
            Self::Not(inner) => inner.holds(answers).map(|holds| !holds),
            Self::All(all) => decided(all, answers, false),
            Self::Any(all) => decided(all, answers, true),
            Self::Never => Some(false),
            Self::Unknown => None,
        }
    }

    /// The ids of the questions that decide it.
    #[must_use]
    pub fn fields(&self) -> BTreeSet<&str> {
        match self {
            Self::Is(field, _) | Self::True(field) | Self::Given(field) | Self::Empty(field) => {
                [field.as_str()].into()
            }
            Self::Not(inner) => inner.fields(),
            Self::All(all) | Self::Any(all) => all.iter().flat_map(Self::fields).collect(),
            Self::Never | Self::Unknown => BTreeSet::new(),
        }
    }
}

/// Whether one of `all` is `decisive`; `None` if that hangs on one that is not known.
fn decided(all: &[Condition], answers: &Map<String, Value>, decisive: bool) -> Option<bool> {
    let mut known = true;
    for one in all {
        match one.holds(answers) {
            Some(holds) if holds == decisive => return Some(decisive),
            holds => known &= holds.is_some(),
        }
    }
    known.then_some(!decisive)
}

/// An answer as text, as forms compare them.
fn text(value: &Value) -> String {
    let text = value.as_str();
    text.map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether the setup tool takes an answer for true.
fn truth(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(value) => Some(*value),
        Value::Number(number) => number.as_f64().map(|number| number != 0.0),
        Value::Null => Some(false),
        Value::String(text) => match text.to_lowercase().as_str() {
            "true" | "t" | "yes" | "y" | "1" => Some(true),
            "false" | "f" | "no" | "n" | "0" => Some(false),
            _ => None,
        },
        Value::Array(_) | Value::Object(_) => None,
    }
}

/// Reads `visible_if`.
fn visible(value: &Value) -> Condition {
    if let Some(field) = value.get("field").and_then(Value::as_str) {
        let wanted = value.get("eq").filter(|eq| !eq.is_null());
        return match wanted {
            Some(wanted) => Condition::Is(id(field), wanted.clone()),
            None => Condition::True(id(field)),
        };
    }
    expression(value)
}

/// Reads an expression of the form language, `{op, …}`.
fn expression(value: &Value) -> Condition {
    let path = || value.get("path").and_then(Value::as_str).map(id);
    let all = || {
        let list = value.get("expressions").and_then(Value::as_array);
        list.map(|list| list.iter().map(expression).collect())
    };
    let is = || Some(equation(value.get("left")?, value.get("right")?));
    let not = |inner: Condition| Condition::Not(Box::new(inner));
    let read = match value.get("op").and_then(Value::as_str) {
        Some("answer") => path().map(Condition::True),
        Some("is_set") => path().map(Condition::Given),
        Some("eq") => is(),
        Some("ne") => is().map(not),
        Some("not") => value.get("expression").map(expression).map(not),
        Some("and") => all().map(Condition::All),
        Some("or") => all().map(Condition::Any),
        _ => None,
    };
    read.unwrap_or(Condition::Unknown)
}

/// An answer that equals a literal, in either order.
fn equation(left: &Value, right: &Value) -> Condition {
    let op = |value: &Value, name: &str| value.get("op").and_then(Value::as_str) == Some(name);
    let (answer, literal) = match () {
        () if op(left, "answer") && op(right, "literal") => (left, right),
        () if op(right, "answer") && op(left, "literal") => (right, left),
        () => return Condition::Unknown,
    };
    match (
        answer.get("path").and_then(Value::as_str),
        literal.get("value"),
    ) {
        (Some(path), Some(value)) => Condition::Is(id(path), value.clone()),
        _ => Condition::Unknown,
    }
}

/// Reads `skip_if`: `{condition: {field, …}}`, `{and: […]}`, `{or: […]}`, `{not: …}`, or
/// the condition alone.
fn skipping(value: &Value) -> Condition {
    let all = |list: &Value| {
        let list = list.as_array();
        list.map(|list| list.iter().map(skipping).collect::<Vec<_>>())
    };
    let read = match () {
        () if value.get("field").is_some() => field(value),
        () if value.get("condition").is_some() => value.get("condition").and_then(field),
        () if value.get("not").is_some() => {
            let inner = value.get("not").map(skipping);
            inner.map(|inner| Condition::Not(Box::new(inner)))
        }
        () if value.get("and").is_some() => value.get("and").and_then(all).map(Condition::All),
        () if value.get("or").is_some() => value.get("or").and_then(all).map(Condition::Any),
        () => None,
    };
    read.unwrap_or(Condition::Unknown)
}

/// Reads `{field, equals | not_equals | is_empty | is_not_empty}`.
fn field(value: &Value) -> Option<Condition> {
    let field = value.get("field").and_then(Value::as_str).map(id)?;
    let given = |key: &str| value.get(key).filter(|value| !value.is_null());
    let flag = |key: &str| value.get(key) == Some(&Value::Bool(true));
    let not = |inner: Condition| Condition::Not(Box::new(inner));
    match () {
        () if given("equals").is_some() => Some(Condition::Is(field, given("equals")?.clone())),
        () if given("not_equals").is_some() => {
            Some(not(Condition::Is(field, given("not_equals")?.clone())))
        }
        () if flag("is_empty") => Some(Condition::Empty(field)),
        () if flag("is_not_empty") => Some(not(Condition::Empty(field))),
        () => None,
    }
}

/// The id of the question in a path such as `answers.mode`.
fn id(path: &str) -> String {
    let path = path.trim_start_matches('/');
    let path = path.strip_prefix("answers").unwrap_or(path);
    path.trim_start_matches(['/', '.']).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(item: &Value, answers: &Value) -> Option<bool> {
        let condition = Condition::of(item).expect("a condition");
        condition.holds(answers.as_object().expect("an object"))
    }

    #[test]
    fn conditions_of_each_form_hold_for_the_answers_that_they_name() {
        let answer = |path: &str| json!({ "op": "answer", "path": path });
        let literal = |value: &str| json!({ "op": "literal", "value": value });
        let own = json!({ "op": "eq", "left": answer("mode"), "right": literal("own") });
        for condition in [
            json!({ "visible_if": { "field": "mode", "eq": "own" } }),
            json!({ "visible_if": own }),
            json!({ "visible_if": { "op": "eq", "left": literal("own"), "right": answer("answers.mode") } }),
            json!({ "visible_if": { "op": "not", "expression":
                { "op": "ne", "left": answer("/mode"), "right": literal("own") } } }),
            json!({ "visible_if": { "op": "and", "expressions": [own, { "op": "is_set", "path": "mode" }] } }),
            json!({ "skip_if": { "field": "mode", "not_equals": "own" } }),
            json!({ "skip_if": { "condition": { "field": "mode", "equals": "cloud" } } }),
            json!({ "skip_if": { "or": [{ "condition": { "field": "mode", "is_empty": true } },
                { "not": { "condition": { "field": "mode", "equals": "own" } } }] } }),
        ] {
            assert_eq!(
                shown(&condition, &json!({ "mode": "own" })),
                Some(true),
                "{condition}"
            );
            assert_eq!(
                shown(&condition, &json!({ "mode": "cloud" })),
                Some(false),
                "{condition}"
            );
        }
        let truth = json!({ "visible_if": { "field": "own" } });
        for (answer, expected) in [
            (json!(true), Some(true)),
            (json!("no"), Some(false)),
            (json!("perhaps"), None),
        ] {
            assert_eq!(
                shown(&truth, &json!({ "own": answer })),
                expected,
                "{answer}"
            );
        }
        // A YAML file and an answer may write a truth value differently.
        let text = json!({ "visible_if": { "field": "own", "eq": "true" } });
        assert_eq!(shown(&text, &json!({ "own": true })), Some(true));
    }

    #[test]
    fn condition_without_an_answer_or_of_an_unknown_form_is_undecided() {
        let none = json!({});
        for condition in [
            json!({ "visible_if": { "field": "mode", "eq": "own" } }),
            json!({ "visible_if": "mode != 'own'" }),
            json!({ "visible_if": { "op": "newer" } }),
            json!({ "skip_if": [] }),
            json!({ "show_if": "mode == 'own'" }),
        ] {
            assert_eq!(shown(&condition, &none), None, "{condition}");
        }
        assert_eq!(
            Condition::of(&json!({ "id": "a", "visible_if": null })),
            None
        );
        let both = json!({ "visible_if": { "field": "a" }, "skip_if": { "field": "b", "is_empty": true } });
        let fields = Condition::of(&both).expect("a condition");
        assert_eq!(fields.fields(), ["a", "b"].into());
        assert_eq!(shown(&both, &json!({ "a": true })), Some(false));
    }
}
