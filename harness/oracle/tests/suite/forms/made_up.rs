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

/// Asks for what `items` say, and applies all of it once `refusal` has nothing to say.
fn ruled(
    step: &str,
    answers: &Answers<'_>,
    items: Value,
    refusal: Option<&str>,
) -> Result<Value, StepFailure> {
    let mistyped = |item: &&Value| {
        let given = answers.of(item["id"].as_str().unwrap_or_default());
        let required = item["required"] == true;
        let fits = match item["kind"].as_str() {
            Some("bool") => given.is_boolean(),
            Some("integer") => given.as_i64().is_some_and(|n| (1..=100).contains(&n)),
            _ => given.as_str().is_some_and(|text| !text.is_empty()),
        };
        !fits && (required || !given.is_null())
    };
    let ids = items.as_array().into_iter().flatten();
    let ids: Vec<&str> = ids.filter_map(|item| item["id"].as_str()).collect();
    match step {
        "collect" => Ok(json!({ "questions": { "questions": items } })),
        "validate" => {
            let mut all = items.as_array().into_iter().flatten();
            match (all.find(mistyped), refusal) {
                (Some(item), _) => refuse(&format!("{} is wrong", item["id"])),
                (None, Some(why)) => refuse(why),
                (None, None) => Ok(json!({})),
            }
        }
        "apply" => Ok(answers.plan(&ids)),
        _ => Ok(json!({})),
    }
}

const AGREED: Says = |step, answers| {
    let items = json!([
        { "id": "terms", "kind": "bool", "required": true },
        { "id": "privacy", "kind": "bool", "required": true },
    ]);
    let both = answers.is("terms", true) && answers.is("privacy", true);
    let why = "`terms` and `privacy` have to be accepted";
    ruled(step, answers, items, (!both).then_some(why))
};

const RISING: Says = |step, answers| {
    let items = json!([
        { "id": "first_port", "kind": "integer", "required": true, "min": 1, "max": 100 },
        { "id": "last_port", "kind": "integer", "required": true, "min": 1, "max": 100 },
    ]);
    let of = |id: &str| answers.of(id).as_i64().unwrap_or_default();
    let rises = of("first_port") < of("last_port");
    let why = "`last_port` has to be above `first_port`";
    ruled(step, answers, items, (!rises).then_some(why))
};

const EITHER: Says = |step, answers| {
    let items = json!([
        { "id": "room", "kind": "text" }, { "id": "channel", "kind": "text" },
    ]);
    let none = answers.of("room").is_null() && answers.of("channel").is_null();
    ruled(
        step,
        answers,
        items,
        none.then_some("give a `room` or a `channel`"),
    )
};

const TWICE_THE_SAME: Says = |step, answers| {
    let items = json!([
        { "id": "address", "kind": "text", "required": true },
        { "id": "address_again", "kind": "text", "required": true },
    ]);
    let differs = answers.of("address") != answers.of("address_again");
    let why = "`address` and `address_again` differ";
    ruled(step, answers, items, differs.then_some(why))
};

const TWO_DIFFERENT: Says = |step, answers| {
    let items = json!([
        { "id": "sender", "kind": "text", "required": true },
        { "id": "receiver", "kind": "text", "required": true },
    ]);
    let same = answers.of("sender") == answers.of("receiver");
    ruled(
        step,
        answers,
        items,
        same.then_some("`sender` is the `receiver`"),
    )
};

const SECRET_TWICE: Says = |step, answers| {
    let items = json!([
        { "id": "password", "kind": "text", "required": true, "secret": true },
        { "id": "password_again", "kind": "text", "required": true, "secret": true },
    ]);
    let differs = answers.of("password") != answers.of("password_again");
    let why = "`password` and `password_again` differ";
    match step {
        "apply" => Ok(json!({ "plan": { "secrets_patch": {
            "set": { "password": { "redacted": true, "value": null } },
        } } })),
        step => ruled(step, answers, items, differs.then_some(why)),
    }
};

#[test]
fn wizard_with_a_rule_over_its_questions_gets_answers_that_it_accepts() {
    for (rule, says) in [
        ("agreed", AGREED),
        ("rising", RISING),
        ("either", EITHER),
        ("twice", TWICE_THE_SAME),
        ("different", TWO_DIFFERENT),
        ("secret twice", SECRET_TWICE),
    ] {
        assert_eq!(failures(&[], says), none(), "{rule}");
    }
}

#[test]
fn wizard_that_accepts_no_answer_fails_after_a_bounded_number_of_tries() {
    const NEVER: Says = |step, answers| {
        let items: Vec<Value> = (0..40)
            .map(|n| json!({ "id": format!("q{n}"), "kind": "integer", "min": 1, "max": 100 }))
            .collect();
        ruled(step, answers, json!(items), Some("no"))
    };
    let (subject, seen) = observed(&[], NEVER);
    let runs = subject.wizards()[0].runs.as_ref().expect("runs");
    assert!(!runs.first.completed());
    assert!(seen.len() < 2 * 40, "{} steps", seen.len());
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
    // Without answers, the run ends at `validate`. The run with answers is that of the pack
    // with its own ones, and its steps do not run again.
    assert_eq!(made_up.len() - given.len(), 2);
}
