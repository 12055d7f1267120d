//! Compares one question with the same question of the old pack.

use super::change::{Found, Pair, both};
use super::rules::Rule;
use provision_core::wizard::questions::{GIVEN, Kind, Question};
use serde_json::Value;
use std::collections::BTreeSet;

/// Names of kinds that take any text.
const ANY_TEXT: [&str; 8] = [
    "text",
    "string",
    "str",
    "multiline",
    "textarea",
    "secret",
    "password",
    "any",
];

/// Compares `new` with `old`; `answer` is what the old pack was answered.
pub(super) fn compare(
    place: &str,
    (old, new): (&Question, &Question),
    answer: Option<&Value>,
    found: &mut Found<'_>,
) {
    kind(place, (old, new), found);
    if old.answer() == new.answer() {
        choices(place, (old, new), found);
        bounds(place, (old.bounds, new.bounds), QUESTION_BOUNDS, found);
        pattern(place, (old, new), answer, found);
    }
    required(place, (old, new), found);
    let secret = |question: &Question| if question.secret { "secret" } else { "plain" };
    let pair = both(secret(old), secret(new));
    match (old.secret, new.secret) {
        (true, false) => found.change(Rule::QuestionSecretPlain, place, pair),
        (false, true) => found.change(Rule::QuestionPlainSecret, place, pair),
        _ => {}
    }
    texts(place, (old, new), found);
}

/// Whether users have to answer the question: it is required and has no default. The host
/// knows the public base URL.
pub(super) fn has_to_be_answered(question: &Question) -> bool {
    question.required && question.default.is_none() && question.id != GIVEN
}

fn required(place: &str, (old, new): (&Question, &Question), found: &mut Found<'_>) {
    let word = |question: &Question| match (question.required, &question.default) {
        (true, None) => "required",
        (true, Some(_)) => "required, with a default",
        (false, _) => "optional",
    };
    let always = |q: &Question| has_to_be_answered(q) && q.shown_if.is_none();
    let pair = both(word(old), word(new));
    let conditions = old.shown_if != new.shown_if;
    match (has_to_be_answered(old), has_to_be_answered(new)) {
        (false, true) => return found.change(Rule::QuestionRequired, place, pair),
        (true, false) => return found.change(Rule::QuestionOptional, place, pair),
        (true, true) if always(new) && !always(old) => {
            let pair = both("required on a condition", "always required");
            return found.change(Rule::QuestionRequired, place, pair);
        }
        (true, true) if always(old) && !always(new) => {
            let pair = both("always required", "required on a condition");
            return found.change(Rule::QuestionOptional, place, pair);
        }
        _ if conditions => {
            let shown = |question: &Question| {
                let condition = question.shown_if.as_ref();
                condition.map_or_else(|| "always".to_owned(), |c| format!("{c:?}"))
            };
            let (old, new) = (shown(old), shown(new));
            found.change(Rule::QuestionCondition, place, both(&old, &new));
        }
        _ => {}
    }
    let default = |question: &Question| question.default.as_ref().map(Value::to_string);
    let (old, new) = (default(old), default(new));
    if old != new {
        let pair = (old.as_deref(), new.as_deref());
        found.change(Rule::QuestionDefault, place, pair);
    }
}

fn kind(place: &str, (old, new): (&Question, &Question), found: &mut Found<'_>) {
    let pair = both(&old.kind, &new.kind);
    let is_any = |question: &Question| ANY_TEXT.contains(&question.kind.as_str());
    if old.kind == new.kind || (is_any(old) && is_any(new)) {
        return;
    }
    match (old.answer(), new.answer()) {
        (None, _) | (_, None) => found.guess(Rule::QuestionTypeChanged, place, pair),
        (Some(before), Some(after)) => {
            if let Some(rule) = kinds(before, after, is_any(old), is_any(new), old, new) {
                found.change(rule, place, pair);
            }
        }
    }
}

/// The rule of a change from one kind to another.
fn kinds(
    before: Kind,
    after: Kind,
    was_any: bool,
    is_any: bool,
    old: &Question,
    new: &Question,
) -> Option<Rule> {
    let same_word =
        |pair: &[&str]| pair.contains(&old.kind.as_str()) && pair.contains(&new.kind.as_str());
    Some(match (before, after) {
        (Kind::Text, Kind::Text) if same_word(&["url", "uri"]) => return None,
        (Kind::Text, Kind::Text) if is_any => Rule::QuestionTypeWidened,
        (Kind::Text, Kind::Text) if was_any => Rule::QuestionTypeNarrowed,
        (Kind::Text, Kind::Text) => Rule::QuestionTypeChanged,
        (before, after) if before == after => return None,
        (Kind::Integer, Kind::Number) => Rule::QuestionTypeWidened,
        (Kind::Number, Kind::Integer) => Rule::QuestionTypeNarrowed,
        (Kind::Choice, Kind::Text) if is_any => Rule::QuestionTypeWidened,
        (Kind::Text, Kind::Choice) if was_any => Rule::QuestionTypeNarrowed,
        _ => Rule::QuestionTypeChanged,
    })
}

fn choices(place: &str, (old, new): (&Question, &Question), found: &mut Found<'_>) {
    let set = |question: &Question| -> BTreeSet<String> {
        question.choices().map(Value::to_string).collect()
    };
    let (old, new) = (set(old), set(new));
    let (narrowed, widened) = match (old.is_empty(), new.is_empty()) {
        (true, true) => (false, false),
        // A question without choices takes any answer of its kind.
        (true, false) => (true, false),
        (false, true) => (false, true),
        (false, false) => (!old.is_subset(&new), !new.is_subset(&old)),
    };
    let list = |set: &BTreeSet<String>| {
        if set.is_empty() {
            return "any".to_owned();
        }
        let texts = set.iter().map(String::as_str);
        texts.collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (list(&old), list(&new));
    if narrowed {
        found.change(Rule::QuestionChoicesNarrowed, place, both(&old, &new));
    }
    if widened {
        found.change(Rule::QuestionChoicesWidened, place, both(&old, &new));
    }
}

/// The rules for narrower and for wider bounds.
const QUESTION_BOUNDS: [Rule; 2] = [Rule::QuestionBoundsNarrowed, Rule::QuestionBoundsWidened];

/// A minimum and a maximum.
pub(super) type Bounds = (Option<f64>, Option<f64>);

/// Compares two bounds by the rules for narrower and for wider ones.
pub(super) fn bounds(
    place: &str,
    (old, new): (Bounds, Bounds),
    [narrower, wider]: [Rule; 2],
    found: &mut Found<'_>,
) {
    let edges = |(least, most): Bounds| {
        (
            least.unwrap_or(f64::NEG_INFINITY),
            most.unwrap_or(f64::INFINITY),
        )
    };
    let ((least, most), (new_least, new_most)) = (edges(old), edges(new));
    let edge = |edge: Option<f64>| edge.map_or_else(|| "any".to_owned(), |edge| edge.to_string());
    let words = |(least, most): Bounds| format!("{} to {}", edge(least), edge(most));
    let (old, new) = (words(old), words(new));
    if new_least > least || new_most < most {
        found.change(narrower, place, both(&old, &new));
    }
    if new_least < least || new_most > most {
        found.change(wider, place, both(&old, &new));
    }
}

fn pattern(
    place: &str,
    (old, new): (&Question, &Question),
    answer: Option<&Value>,
    found: &mut Found<'_>,
) {
    let text = |question: &Question| {
        let pattern = question.pattern.as_ref();
        pattern.map(|pattern| pattern.text().to_owned())
    };
    let (before, after) = (text(old), text(new));
    let pair: Pair<'_> = (before.as_deref(), after.as_deref());
    match pair {
        (None, Some(_)) => found.change(Rule::QuestionPatternAdded, place, pair),
        (Some(_), None) => found.change(Rule::QuestionPatternRemoved, place, pair),
        (Some(before), Some(after)) if before != after => {
            // Which texts two patterns share cannot be computed in general; an answer
            // that only the old one matches decides.
            let answer = answer.and_then(Value::as_str);
            let regex = new.pattern.as_ref().and_then(|p| p.regex().ok());
            let refused = answer.zip(regex).is_some_and(|(a, r)| !r.is_match(a));
            found.add(Rule::QuestionPatternChanged, place, pair, !refused);
        }
        _ => {}
    }
}

fn texts(place: &str, (old, new): (&Question, &Question), found: &mut Found<'_>) {
    let title = |question: &Question| {
        let keys = question.texts.iter().map(|key| format!("key {key}"));
        let parts: Vec<String> = question.title.iter().cloned().chain(keys).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    };
    let (before, after) = (title(old), title(new));
    if before != after {
        let pair = (before.as_deref(), after.as_deref());
        found.change(Rule::QuestionLabel, place, pair);
    }
    if old.help != new.help {
        let pair = (old.help.as_deref(), new.help.as_deref());
        found.change(Rule::QuestionHelp, place, pair);
    }
}
