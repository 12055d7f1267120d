//! The questions of a component's own QA, and answers that fit them.

use super::executor::{StepCode, StepFailure};
use super::session::canary;
use crate::limits::FlowLimits;
use crate::text::inert;
use serde_json::{Map, Value, json};
use std::collections::BTreeSet;

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
    /// What is taken where nobody answers.
    pub default: Option<Value>,
    /// What may be chosen, where there is a choice.
    pub options: Vec<Value>,
}

/// The questions of `spec`: `{mode, title, questions: [{id, kind, required, …}],
/// defaults}`.
///
/// # Errors
/// A [`StepFailure`] with [`StepCode::Questions`] where there are too many,
/// with [`StepCode::OutputShape`] where `spec` is none.
pub fn questions(spec: &Value, limits: &FlowLimits) -> Result<Vec<Question>, StepFailure> {
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
    Ok(found)
}

fn question(id: &str, item: &Value, spec: &Value) -> Question {
    let kind = item.get("kind").or_else(|| item.get("type"));
    let name = kind.and_then(|k| k.as_str().or_else(|| k.get("type")?.as_str()));
    let flag = |key: &str| {
        let own = item.get(key).or_else(|| kind?.get(key));
        own.and_then(Value::as_bool).unwrap_or(false)
    };
    let default = ["default", "default_value"]
        .iter()
        .find_map(|key| item.get(*key));
    let default = default.or_else(|| spec.get("defaults")?.get(id));
    let options = ["options", "choices", "values"]
        .iter()
        .find_map(|key| item.get(*key).or_else(|| kind?.get(*key)))
        .and_then(Value::as_array);
    let name = name.unwrap_or("text").to_lowercase();
    Question {
        id: id.to_owned(),
        required: flag("required"),
        secret: flag("secret") || matches!(name.as_str(), "secret" | "password"),
        default: default.filter(|d| !d.is_null()).cloned(),
        options: options.cloned().unwrap_or_default(),
        kind: name,
    }
}

/// Answers for `questions`: what `given` says (by id, at its top, below
/// `config` or below `secrets`), else the default, else, where an answer is
/// required, one that fits the kind.
#[must_use]
pub fn answers(questions: &[Question], given: &Value, base_url: Option<&str>) -> Value {
    let given = |id: &str| {
        let places = [Some(given), given.get("config"), given.get("secrets")];
        let mut places = places.into_iter().flatten();
        let answer = places.find_map(|place| place.get(id))?;
        let placeholder = matches!(answer.as_str(), Some("<value>" | "<redacted>"));
        (!placeholder).then(|| answer.clone())
    };
    let mut answers = Map::new();
    for question in questions {
        let default = || question.default.clone();
        let made = || question.required.then(|| fitting(question, base_url));
        let answer = given(&question.id).or_else(default).or_else(made);
        answers.extend(answer.map(|answer| (question.id.clone(), answer)));
    }
    Value::Object(answers)
}

fn fitting(question: &Question, base_url: Option<&str>) -> Value {
    if let Some(first) = question.options.first() {
        let value = first.get("value").or_else(|| first.get("id"));
        return value.unwrap_or(first).clone();
    }
    if question.secret {
        return Value::String(canary(&question.id));
    }
    match question.kind.as_str() {
        "bool" | "boolean" => json!(false),
        "number" | "integer" | "int" | "float" => json!(1),
        "list" | "array" => json!([]),
        "object" | "map" | "json" => json!({}),
        _ if question.id.contains("url") => json!(url(&question.id, base_url)),
        _ if question.id.contains("email") => json!("user@conformance.invalid"),
        _ => json!("example"),
    }
}

/// A URL for `id`: `redis_url` wants another scheme than `base_url`.
fn url(id: &str, base_url: Option<&str>) -> String {
    let schemes = [
        "redis", "postgres", "mysql", "mongodb", "amqp", "nats", "mqtt", "wss",
    ];
    match schemes.iter().find(|scheme| id.contains(*scheme)) {
        Some(scheme) => format!("{scheme}://conformance.invalid"),
        None => base_url.unwrap_or("https://conformance.invalid").to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: FlowLimits = FlowLimits {
        questions: 9,
        ..FlowLimits::DEFAULT
    };

    #[test]
    fn answers_come_from_the_fixture_the_default_or_the_kind() {
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
