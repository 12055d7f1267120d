//! Members that are missing or of another type.

use crate::codes::ScenarioCode;
use crate::finding::Finding;
use serde_json::{Map, Value};

/// A finding on a member that is missing or of another type.
pub(super) fn shape(
    at: impl Into<String>,
    expected: impl Into<String>,
    actual: impl Into<String>,
) -> Finding {
    Finding::new(ScenarioCode::Shape, at, expected, actual)
}

/// The kind of a value, for messages.
pub(super) fn kind_of(value: &Value) -> String {
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "a truth value",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    kind.to_owned()
}

/// The text in `map` under `key`, if there is one.
pub(super) fn text(map: &Map<String, Value>, key: &str) -> Option<String> {
    map.get(key).and_then(Value::as_str).map(str::to_owned)
}
