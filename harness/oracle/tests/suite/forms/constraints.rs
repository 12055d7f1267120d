//! Limits and patterns that questions declare: the wizard has to keep them itself.

use super::support::{Answers, Says, failures, none, refuse};
use provision_core::wizard::StepFailure;
use serde_json::{Value, json};

const SCHEMA: [(&str, &str); 1] = [(
    "schemas/config.schema.json",
    r#"{"properties": {"port": {"type": "integer", "maximum": 9}, "room": {"type": "string"}},
        "required": ["port", "room"]}"#,
)];

/// Takes every port and every room, and says that both have limits.
fn careless(step: &str, answers: &Answers<'_>) -> Result<Value, StepFailure> {
    match step {
        "collect" => Ok(json!({ "questions": { "questions": [
            { "id": "port", "kind": "integer", "min": 1, "max": 9, "required": true },
            { "id": "room", "kind": "text", "pattern": "^[a-z]+$", "max_length": 40, "required": true },
        ] } })),
        "validate" if !answers.of("port").is_i64() && !answers.of("port").is_u64() => {
            refuse("`port` is a number")
        }
        "validate" if !answers.of("room").is_string() => refuse("`room` is a text"),
        "apply" => Ok(answers.plan(&["port", "room"])),
        _ => Ok(json!({})),
    }
}

fn is_room(answers: &Answers<'_>) -> bool {
    let room = answers.of("room").as_str().unwrap_or_default();
    (1..=40).contains(&room.len()) && room.bytes().all(|b| b.is_ascii_lowercase())
}

const STRICT: Says = |step, answers| match step {
    "validate"
        if !answers
            .of("port")
            .as_i64()
            .is_some_and(|p| (1..=9).contains(&p)) =>
    {
        refuse("`port` is from 1 to 9")
    }
    "validate" if !is_room(answers) => refuse("`room` has small letters, up to 40"),
    step => careless(step, answers),
};

/// Brings each port within its limits.
const CLAMPS: Says = |step, answers| {
    let port = answers.of("port");
    let is_port = port.is_i64() || port.is_u64();
    match step {
        "validate" if is_port && is_room(answers) => Ok(json!({})),
        "validate" if is_port => refuse("`room` has small letters, up to 40"),
        "apply" => {
            let port = port.as_i64().unwrap_or(9).clamp(1, 9);
            let mut plan = answers.plan(&["room"]);
            plan["plan"]["config_patch"]["port"] = json!(port);
            Ok(plan)
        }
        step => careless(step, answers),
    }
};

#[test]
fn answer_beyond_a_declared_constraint_must_not_get_into_the_plan() {
    let found = failures(&[], careless);
    let expected = vec!["E_ANSWER_CONSTRAINT".to_owned()];
    assert_eq!(found.get("answers.constraints-refused"), Some(&expected));
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(failures(&[], STRICT), none());
    assert_eq!(failures(&[], CLAMPS), none());
}

#[test]
fn accepted_answer_that_the_own_schema_refuses_makes_an_invalid_config() {
    let found = failures(&SCHEMA, careless);
    let expected = vec!["E_CONFIG_INVALID".to_owned()];
    assert_eq!(found.get("plan.config-valid"), Some(&expected), "{found:?}");
    assert_eq!(failures(&SCHEMA, STRICT), none());
}
