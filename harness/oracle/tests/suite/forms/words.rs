//! Words of forms: newer ones are not judged.

use super::support::{Says, conclusion, failures, none};
use provision_core::Status;
use serde_json::json;

const NEWER: Says = |step, _| match step {
    "collect" => Ok(json!({ "questions": { "questions": [
        { "id": "look", "kind": "hologram" },
        { "id": "room", "kind": "text", "show_if": "look == 'blue'" },
    ] } })),
    _ => Ok(json!({})),
};

#[test]
fn newer_word_is_blocked_with_the_versions_that_were_read() {
    assert_eq!(failures(&[], NEWER), none());
    let (status, why) = conclusion(&[], NEWER, "wizard.questions");
    assert_eq!(status, Status::Blocked);
    for word in ["`hologram`", "`show_if`", "greentic-setup 1."] {
        assert!(why.contains(word), "{why}");
    }
    let table: Says = |step, _| match step {
        "collect" => Ok(json!({ "questions": { "questions": [{ "id": "a", "kind": "table" }] } })),
        _ => Ok(json!({})),
    };
    let (status, why) = conclusion(&[], table, "wizard.questions");
    assert_eq!(status, Status::Passed, "{why}");
}
