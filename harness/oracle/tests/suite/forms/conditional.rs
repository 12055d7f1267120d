//! Questions that are shown on certain answers alone: not demanded where they are
//! hidden, and answered where they are shown.

use super::support::{Answers, Says, failures, none, refuse, trap};
use provision_core::wizard::StepFailure;
use serde_json::{Value, json};

/// A form, the wizard, and the files of the pack.
type Row<'f> = (&'f str, Says, &'f [(&'f str, &'f str)]);

const YAML: &str = "questions:\n\
    - {name: mode, kind: choice, choices: [cloud, own], required: true}\n\
    - {name: host, kind: string, required: true, visible_if: {field: mode, eq: own}}\n";

/// Takes a host in mode `own`, and in no other mode.
fn steps(step: &str, answers: &Answers<'_>) -> Result<Value, StepFailure> {
    let (mode, host) = (answers.of("mode"), answers.of("host"));
    match step {
        "validate" if !matches!(mode.as_str(), Some("cloud" | "own")) => refuse("`mode` is wrong"),
        "validate" if answers.is("mode", "own") && !host.is_string() => refuse("`host` is wrong"),
        "validate" if answers.is("mode", "cloud") && !host.is_null() => {
            refuse("there is no `host` in mode cloud")
        }
        "apply" => Ok(answers.plan(&["mode", "host"])),
        _ => Ok(json!({})),
    }
}

fn list(shown: &Value) -> Value {
    let mut host = json!({ "id": "host", "kind": "text", "required": true });
    if let (Some(host), Some(shown)) = (host.as_object_mut(), shown.as_object()) {
        host.extend(shown.clone());
    }
    let mode =
        json!({ "id": "mode", "kind": "choice", "options": ["cloud", "own"], "required": true });
    json!({ "questions": [mode, host] })
}

const VISIBLE: Says = |step, answers| match step {
    "collect" => {
        let shown = json!({ "visible_if": { "field": "mode", "eq": "own" } });
        Ok(json!({ "questions": list(&shown) }))
    }
    step => steps(step, answers),
};

const SKIPPED: Says = |step, answers| match step {
    "collect" => {
        let skip = json!({ "condition": { "field": "mode", "equals": "cloud" } });
        Ok(json!({ "questions": list(&json!({ "skip_if": skip })) }))
    }
    step => steps(step, answers),
};

const CARD: Says = |step, answers| match step {
    "collect" => Ok(
        json!({ "questions": { "type": "AdaptiveCard", "version": "1.4", "body": [
            { "type": "Input.ChoiceSet", "id": "mode", "isRequired": true, "choices":
                [{ "title": "Cloud", "value": "cloud" }, { "title": "Own", "value": "own" }] },
            { "type": "Input.Text", "id": "host", "isRequired": true, "isVisible": false },
        ], "actions": [{ "type": "Action.Submit", "title": "ok" }] } }),
    ),
    // Nobody sees the field, so nobody chooses a mode that needs it.
    "validate" if answers.is("mode", "own") => Ok(json!({})),
    step => steps(step, answers),
};

/// Traps where the host is shown.
const TRAP: Says = |step, answers| match step {
    "apply" if answers.is("mode", "own") => trap(),
    step => VISIBLE(step, answers),
};

const TRAP_IN_FILE: Says = |step, answers| match step {
    "collect" => Ok(json!({})),
    step => TRAP(step, answers),
};

#[test]
fn hidden_question_is_not_demanded_and_a_shown_one_is_answered() {
    let qa = list(&json!({ "visible_if": { "field": "mode", "eq": "own" } })).to_string();
    let cloud = r#"{"config": {"mode": "cloud"}, "secrets": {}}"#;
    let own = r#"{"config": {"mode": "own", "host": "h"}, "secrets": {}}"#;
    let rows: [Row<'_>; 5] = [
        ("list", VISIBLE, &[]),
        ("component", SKIPPED, &[]),
        ("card", CARD, &[]),
        ("setup.yaml", steps, &[("assets/setup.yaml", YAML)]),
        ("qa", steps, &[("qa/setup.json", &qa)]),
    ];
    for (form, says, files) in rows {
        assert_eq!(failures(files, says), none(), "{form}");
        let answered = |answers| {
            let mut files = files.to_vec();
            files.push(("fixtures/setup.input.json", answers));
            failures(&files, says)
        };
        assert_eq!(answered(cloud), none(), "{form}, cloud");
        assert_eq!(answered(own), none(), "{form}, own");
    }
}

#[test]
fn defect_behind_a_hidden_question_is_found() {
    let cloud = r#"{"config": {"mode": "cloud"}, "secrets": {}}"#;
    let rows: [Row<'_>; 3] = [
        ("list", TRAP, &[]),
        (
            "list, with answers",
            TRAP,
            &[("fixtures/setup.input.json", cloud)],
        ),
        ("setup.yaml", TRAP_IN_FILE, &[("assets/setup.yaml", YAML)]),
    ];
    for (form, says, files) in rows {
        let found = failures(files, says);
        let expected = vec!["E_TRAP".to_owned()];
        assert_eq!(
            found.get("answers.valid-accepted"),
            Some(&expected),
            "{form}"
        );
    }
}

#[test]
fn shown_question_that_is_not_demanded_is_found() {
    let careless: Says = |step, answers| match step {
        "validate" if answers.is("mode", "own") && answers.of("host").is_null() => Ok(json!({})),
        step => VISIBLE(step, answers),
    };
    let found = failures(&[], careless);
    let expected = vec!["E_ANSWER_MISSING".to_owned()];
    assert_eq!(
        found.get("answers.missing-refused"),
        Some(&expected),
        "{found:?}"
    );
}
