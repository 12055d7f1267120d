//! Defaults: they stand for an answer, in the wizard and in the config schema.

use super::support::{Says, failures, none, only, refuse};
use serde_json::json;

const SCHEMA: [(&str, &str); 1] = [(
    "schemas/config.schema.json",
    r#"{"properties": {"room": {"type": "string"}}, "required": ["room"]}"#,
)];

/// Asks a room with a default; null is as good as no answer.
const DEFAULTS: Says = |step, answers| {
    let room = answers.of("room");
    match step {
        "collect" => Ok(json!({ "questions": { "questions": [
            { "id": "room", "kind": "text", "required": true, "default": "foyer" },
        ] } })),
        "validate" if !room.is_null() && !room.is_string() => refuse("`room` is a text"),
        "apply" if room.is_null() => Ok(json!({ "plan": { "config_patch": { "room": "foyer" } } })),
        "apply" => Ok(answers.plan(&["room"])),
        _ => Ok(json!({})),
    }
};

const OPTIONAL: Says = |step, answers| match step {
    "collect" => Ok(json!({ "questions": { "questions": [
        { "id": "room", "kind": "text", "default": "foyer" },
    ] } })),
    step => DEFAULTS(step, answers),
};

#[test]
fn default_replaces_a_required_answer_that_is_missing_or_null() {
    assert_eq!(failures(&[], DEFAULTS), none());
}

#[test]
fn optional_question_with_a_default_agrees_with_a_schema_that_requires_it() {
    assert_eq!(failures(&SCHEMA, OPTIONAL), none());
    let without: Says = |step, answers| match step {
        "collect" => {
            Ok(json!({ "questions": { "questions": [{ "id": "room", "kind": "text" }] } }))
        }
        step => DEFAULTS(step, answers),
    };
    let expected = only("wizard.questions-agree", "E_QUESTIONS_DISAGREE");
    assert_eq!(failures(&SCHEMA, without), expected);
}
