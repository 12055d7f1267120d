//! Answers are made up for the questions that a wizard itself asks.

use super::support::{Answers, Says, failures, none, observed, refuse};
use provision_core::wizard::StepFailure;
use serde_json::{Value, json};

/// Validates and applies a region and a token.
fn needs(step: &str, answers: &Answers<'_>) -> Result<Value, StepFailure> {
    match step {
        "validate" if !matches!(answers.of("region").as_str(), Some("eu" | "us")) => {
            refuse("region is eu or us")
        }
        "validate" if !answers.of("token").is_string() => refuse("token is a text"),
        "apply" => {
            let mut plan = answers.plan(&["region"]);
            let token = json!({ "redacted": true, "value": null });
            plan["plan"]["secrets_patch"] = json!({ "set": { "token": token } });
            Ok(plan)
        }
        _ => Ok(json!({})),
    }
}

const LIST: Says = |step, answers| match step {
    "collect" => Ok(json!({ "questions": { "questions": [
        { "id": "region", "kind": "choice", "options": ["eu", "us"], "required": true },
        { "id": "token", "kind": "text", "secret": true, "required": true },
    ] } })),
    step => needs(step, answers),
};

const CARD: Says = |step, answers| match step {
    "collect" => Ok(
        json!({ "questions": { "type": "AdaptiveCard", "version": "1.4", "body": [
            { "type": "Input.ChoiceSet", "id": "region", "isRequired": true,
              "choices": [{ "title": "EU", "value": "eu" }, { "title": "US", "value": "us" }] },
            { "type": "Input.Text", "id": "token", "isRequired": true, "style": "Password" },
        ], "actions": [{ "type": "Action.Submit", "title": "ok" }] } }),
    ),
    step => needs(step, answers),
};

/// Asks for the token when it knows the region.
const TWICE: Says = |step, answers| match step {
    "collect" if answers.of("region").is_null() => Ok(json!({ "questions": { "questions": [
        { "id": "region", "kind": "choice", "options": ["eu", "us"], "required": true },
    ] } })),
    step => LIST(step, answers),
};

#[test]
fn wizard_gets_answers_to_the_questions_that_only_its_step_collect_asks() {
    for (form, says) in [("list", LIST), ("card", CARD), ("twice", TWICE)] {
        assert_eq!(failures(&[], says), none(), "{form}");
    }
    // A schema says what a config may be, not what is asked.
    let schema = r#"{"properties": {"region": {"type": "string"}}, "required": ["region"]}"#;
    let files = [("schemas/config.schema.json", schema)];
    assert_eq!(failures(&files, LIST), none());
}

#[test]
fn own_answers_of_a_pack_are_not_added_to() {
    let given = r#"{"config": {"region": "us"}, "secrets": {"token": "token-4711-0815"}}"#;
    let (subject, seen) = observed(&[("fixtures/setup.input.json", given)], LIST);
    let expected: Value = serde_json::from_str(given).expect("JSON");
    assert_eq!(seen.first(), Some(&expected));
    let runs = subject.wizards()[0].runs.as_ref().expect("runs");
    assert_eq!(runs.inputs.answers, expected);
}

#[test]
fn setup_is_run_for_its_questions_until_it_asks_no_more_and_not_again() {
    let (subject, made_up) = observed(&[], LIST);
    let runs = subject.wizards()[0].runs.as_ref().expect("runs");
    let answers = runs.inputs.answers.to_string();
    let (_, given) = observed(&[("fixtures/setup.input.json", &answers)], LIST);
    // Without answers, the run ends at `validate`; with them, all four steps run.
    assert_eq!(made_up.len() - given.len(), 2 + 4);
}
