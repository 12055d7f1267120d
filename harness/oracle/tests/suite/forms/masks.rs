//! What the secret requirements list is asked in a masked field.

use super::support::{Says, failures, none, only};
use serde_json::json;

const SECRETS: [(&str, &str); 1] = [("assets/secret-requirements.json", r#"[{"key": "TOKEN"}]"#)];

const PLAIN: Says = |step, _| match step {
    "collect" => Ok(
        json!({ "questions": { "type": "AdaptiveCard", "version": "1.4", "body": [
            { "type": "Input.Text", "id": "token" },
        ], "actions": [{ "type": "Action.Submit", "title": "ok" }] } }),
    ),
    _ => Ok(json!({})),
};

const MASKED: Says = |step, _| match step {
    "collect" => Ok(
        json!({ "questions": { "type": "AdaptiveCard", "version": "1.4", "body": [
            { "type": "Input.Text", "id": "token", "style": "Password" },
        ], "actions": [{ "type": "Action.Submit", "title": "ok" }] } }),
    ),
    _ => Ok(json!({})),
};

const LIST: Says = |step, answers| match step {
    "collect" => Ok(json!({ "questions": { "questions": [{ "id": "token", "kind": "text" }] } })),
    step => PLAIN(step, answers),
};

#[test]
fn secret_of_the_requirements_is_asked_in_a_masked_field() {
    let unmasked = |files: &[(&str, &str)], says| {
        let mut found = failures(files, says);
        // This wizard refuses nothing.
        found.retain(|check, _| !check.starts_with("answers."));
        found
    };
    let expected = only("wizard.questions-agree", "E_QUESTIONS_DISAGREE");
    assert_eq!(unmasked(&SECRETS, PLAIN), expected);
    assert_eq!(unmasked(&SECRETS, LIST), expected);
    assert_eq!(unmasked(&SECRETS, MASKED), none());
    assert_eq!(unmasked(&[], PLAIN), none());
}
