//! The questions that a wizard asks or that a pack declares.

mod answers;
mod card;
mod condition;
mod declared;
mod pattern;
mod setup_form;
mod vocabulary;

pub use answers::{answers, canary, canary_of, fitting, fitting_of, real_answers, unanswered};
pub use card::{Card, card};
pub use condition::Condition;
pub use declared::{Declared, config_schema, declared, secret_requirements};
pub use pattern::{Pattern, PatternError};
pub use setup_form::{SetupForm, canonical};
pub use vocabulary::{Kind, READ_AT};

use super::executor::{StepCode, StepFailure};
use crate::limits::FlowLimits;
use crate::text::inert;
use serde_json::{Map, Value};
use std::collections::BTreeSet;
use vocabulary::{is_word, steered_by};

/// The id of the answer that a host gives without a question.
pub const GIVEN: &str = "public_base_url";

/// A question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Its id, the key of its answer.
    pub id: String,
    /// Its kind, in lower case: `text`, `bool`, `number`, `choice`, ….
    pub kind: String,
    /// Whether it has to be answered.
    pub required: bool,
    /// Whether its answer is a secret.
    pub secret: bool,
    /// The answer if the user gives none.
    pub default: Option<Value>,
    /// The options, if the answer is a choice.
    pub options: Vec<Value>,
    /// Minimum and maximum: of a number, or of the length of a text in characters.
    pub bounds: (Option<f64>, Option<f64>),
    /// A regular expression that a text has to match.
    pub pattern: Option<Pattern>,
    /// The condition on which it is shown; `None` if it always is.
    pub shown_if: Option<Condition>,
    /// A member that says when it is asked in a language that no host reads.
    pub steered_by: Option<&'static str>,
    /// Keys of the texts that the question shows.
    pub texts: Vec<String>,
    /// Its title, if the pack has it as plain text.
    pub title: Option<String>,
    /// An explanation of it, if the pack has it as plain text.
    pub help: Option<String>,
}

impl Question {
    /// An optional question without constraints.
    #[must_use]
    pub fn plain(id: &str, kind: &str) -> Self {
        Self {
            id: id.to_owned(),
            kind: kind.to_owned(),
            required: false,
            secret: false,
            default: None,
            options: Vec::new(),
            bounds: (None, None),
            pattern: None,
            shown_if: None,
            steered_by: None,
            texts: Vec::new(),
            title: None,
            help: None,
        }
    }

    /// The kind of its answer; `None` if the kind is unknown.
    #[must_use]
    pub fn answer(&self) -> Option<Kind> {
        Kind::of_name(&self.kind)
    }

    /// Whether it is shown to users who gave these answers; `None` if the answers do not
    /// say.
    #[must_use]
    pub fn shown(&self, answers: &Map<String, Value>) -> Option<bool> {
        let condition = self.shown_if.as_ref();
        condition.map_or(Some(true), |condition| condition.holds(answers))
    }

    /// Words of the question that the table does not have, and that a newer host may
    /// know: its kind, and members that say when it is asked.
    #[must_use]
    pub fn unknown_words(&self) -> Vec<String> {
        let kind = self.answer().is_none() && is_word(&self.kind);
        let kind = kind.then(|| format!("the kind `{}`", self.kind));
        let steered = self.steered_by.iter().map(|key| format!("`{key}`"));
        kind.into_iter().chain(steered).collect()
    }

    /// The values of its options. An option is a value, or an object with `value` or
    /// `id`.
    pub fn choices(&self) -> impl Iterator<Item = &Value> {
        self.options.iter().map(|option| {
            let value = option.get("value").or_else(|| option.get("id"));
            value.unwrap_or(option)
        })
    }
}

/// The patterns of `questions`.
fn patterns(questions: &mut [Question]) -> impl Iterator<Item = &mut Pattern> {
    questions.iter_mut().filter_map(|q| q.pattern.as_mut())
}

/// The questions of `spec`: `{mode, title, questions: [{id, kind, required, …}],
/// defaults}`.
///
/// # Errors
/// A [`StepFailure`] with [`StepCode::Questions`] if there are too many questions or
/// one occurs twice, with [`StepCode::OutputShape`] if `spec` has another shape.
pub fn questions(spec: &Value, limits: &FlowLimits) -> Result<Vec<Question>, StepFailure> {
    questions_within(spec, limits, &mut pattern::Budget::default())
}

/// The same, with a budget for patterns that other forms share.
fn questions_within(
    spec: &Value,
    limits: &FlowLimits,
    budget: &mut pattern::Budget,
) -> Result<Vec<Question>, StepFailure> {
    let shape = |what: &str| StepFailure::new(StepCode::OutputShape, what.to_owned());
    let list = spec.get("questions").and_then(Value::as_array);
    let list = list.ok_or_else(|| shape("the spec has no list `questions`"))?;
    if list.len() > limits.questions {
        let message = format!("{} questions, bound {}", list.len(), limits.questions);
        return Err(StepFailure::new(StepCode::Questions, message));
    }
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for item in list {
        let id = item.get("id").or_else(|| item.get("name"));
        let id = id.and_then(Value::as_str);
        let id = id.ok_or_else(|| shape("a question without an `id`"))?;
        if !seen.insert(id) {
            let message = format!("question `{}` is asked twice", inert(id, 80));
            return Err(StepFailure::new(StepCode::Questions, message));
        }
        found.push(question(id, item, spec));
    }
    pattern::bound(patterns(&mut found), budget);
    Ok(found)
}

fn question(id: &str, item: &Value, spec: &Value) -> Question {
    let kind = item.get("kind").or_else(|| item.get("type"));
    let name = kind.and_then(|k| k.as_str().or_else(|| k.get("type")?.as_str()));
    let own = |key: &str| item.get(key).or_else(|| kind?.get(key));
    let first = |keys: &[&str]| keys.iter().find_map(|key| own(key));
    let flag = |key: &str| own(key).and_then(Value::as_bool).unwrap_or(false);
    let default = first(&["default", "default_value"]).or_else(|| spec.get("defaults")?.get(id));
    let options = first(&["options", "choices", "values", "enum"]).and_then(Value::as_array);
    let name = match (name, kind.filter(|kind| !kind.is_null())) {
        (Some(name), _) => name.to_lowercase(),
        (None, None) => "text".to_owned(),
        (None, Some(kind)) => inert(&kind.to_string(), 80),
    };
    Question {
        id: id.to_owned(),
        required: flag("required"),
        secret: says_yes(own("secret")) || matches!(name.as_str(), "secret" | "password"),
        default: default.filter(|d| !d.is_null()).cloned(),
        options: options.cloned().unwrap_or_default(),
        bounds: constraint(&own),
        pattern: pattern(&own),
        shown_if: Condition::of(item),
        steered_by: steered_by(item),
        texts: texts(item),
        title: plain(item, &["title", "label", "text"]),
        help: plain(item, &["help", "description", "hint"]),
        kind: name,
    }
}

/// Whether the author means yes, also by a text: what should be a secret is looked for.
fn says_yes(value: Option<&Value>) -> bool {
    match value {
        Some(Value::String(text)) => matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "yes" | "y" | "on" | "1"
        ),
        value => value == Some(&Value::Bool(true)),
    }
}

/// The first of these members that is a text.
fn plain(item: &Value, keys: &[&str]) -> Option<String> {
    let text = |key: &&str| item.get(*key).and_then(Value::as_str);
    keys.iter().find_map(text).map(str::to_owned)
}

/// Keys below which a question may have its constraints.
const CONSTRAINTS: [&str; 3] = ["constraint", "constraints", "validate"];

fn constraint<'v>(own: &impl Fn(&str) -> Option<&'v Value>) -> (Option<f64>, Option<f64>) {
    let below = |key: &str| CONSTRAINTS.iter().find_map(|c| own(c)?.get(key));
    let number = |keys: [&str; 5]| {
        let found = keys.iter().find_map(|key| own(key).or_else(|| below(key)));
        found.and_then(Value::as_f64)
    };
    (
        number(["min", "minimum", "min_len", "min_length", "minLength"]),
        number(["max", "maximum", "max_len", "max_length", "maxLength"]),
    )
}

fn pattern<'v>(own: &impl Fn(&str) -> Option<&'v Value>) -> Option<Pattern> {
    let keys = ["pattern", "regex"];
    let below = |key: &str| CONSTRAINTS.iter().find_map(|c| own(c)?.get(key));
    let found = keys.iter().find_map(|key| own(key).or_else(|| below(key)));
    found.and_then(Value::as_str).map(Pattern::unbounded)
}

/// Keys of texts: `label: {key}`, `title_i18n: {key}`, and every other member that is
/// an object with a `key`.
fn texts(item: &Value) -> Vec<String> {
    let values = item.as_object().into_iter().flat_map(|map| map.values());
    let options = item.get("options").and_then(Value::as_array);
    let of_options = options.into_iter().flatten().filter_map(Value::as_object);
    let values = values.chain(of_options.flat_map(|map| map.values()));
    let key = |value: &Value| value.get("key")?.as_str().map(str::to_owned);
    values.filter_map(key).collect()
}

/// Keys of the texts that a spec shows apart from its questions.
#[must_use]
pub fn spec_texts(spec: &Value) -> Vec<String> {
    texts(spec)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const LIMITS: FlowLimits = FlowLimits {
        questions: 9,
        ..FlowLimits::DEFAULT
    };

    #[test]
    fn answers_come_from_the_inputs_the_default_or_the_kind() {
        let spec = json!({
            "questions": [
                {"id": "enabled", "kind": {"type": "bool"}, "required": true},
                {"id": "public_base_url", "kind": {"type": "text"}, "required": true},
                {"id": "token", "kind": "text", "secret": true, "required": true},
                {"id": "region", "kind": {"type": "choice", "options": [{"value": "eu"}]}, "required": true},
                {"id": "limit", "kind": "number", "required": false},
                {"id": "prefix", "kind": "text", "required": true, "default": "p-"},
                {"id": "chat", "kind": "text"},
                {"id": "redis_url", "kind": "text", "required": true},
            ],
            "defaults": {"limit": 5},
        });
        let found = questions(&spec, &LIMITS).expect("questions");
        let given = json!({"config": {"chat": "c1", "public_base_url": "<value>"}});
        let expected = json!({
            "enabled": false, "public_base_url": "https://base.invalid", "token": canary("token"),
            "region": "eu", "limit": 5, "prefix": "p-", "chat": "c1",
            "redis_url": "redis://conformance.invalid",
        });
        assert_eq!(
            answers(&found, &given, Some("https://base.invalid")),
            expected
        );
    }

    #[test]
    fn too_many_and_repeated_questions_are_refused() {
        let code = |spec: Value| questions(&spec, &LIMITS).err().map(|f| f.code);
        let many: Vec<Value> = (0..10).map(|i| json!({"id": i.to_string()})).collect();
        assert_eq!(
            code(json!({ "questions": many })),
            Some(StepCode::Questions)
        );
        let twice = json!([{"id": "a"}, {"id": "a"}]);
        assert_eq!(
            code(json!({ "questions": twice })),
            Some(StepCode::Questions)
        );
        assert_eq!(
            code(json!({"questions": [{}]})),
            Some(StepCode::OutputShape)
        );
        assert_eq!(code(json!([])), Some(StepCode::OutputShape));
    }
}
