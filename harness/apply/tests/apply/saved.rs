//! Saved plans: applied as shown, once, to the pack and the store that they are for.

use crate::common::{answers, commit, key, pack, request, setup};
use provision_apply::{ApplyError, MemoryStore, PackIdentity, Request, SavedPlan, Store};
use provision_core::wizard::{ProvisionInputs, ProvisionMode, SecretBytes, StoreWrite};
use serde_json::json;
use std::collections::BTreeMap;

fn save(store: &MemoryStore, request: &Request) -> Result<SavedPlan, ApplyError> {
    let install = key("i");
    let inputs = ProvisionInputs {
        tenant: install.tenant,
        provider_id: install.provider_id,
        install_id: install.install_id,
        public_base_url: Some("https://a.invalid".into()),
        answers: json!({
            "config": {"room": "blue", "header": "Bearer canary-4711"},
            "secrets": {"bot_token": "canary-4711", "pin": 4711}
        }),
        existing_state: None,
    };
    SavedPlan::new(&*store.read().expect("reads"), request, &inputs)
}

/// Applies a saved plan with the value of its secret.
fn apply(store: &MemoryStore, saved: &SavedPlan, pack: &PackIdentity) -> Result<(), ApplyError> {
    let secrets = BTreeMap::from([("BOT_TOKEN".to_owned(), answers()["bot_token"].clone())]);
    let mut tx = store.begin()?;
    saved.apply(&mut *tx, pack, &secrets)?;
    tx.commit()?;
    Ok(())
}

fn code(result: Result<(), ApplyError>) -> String {
    let code = result.expect_err("is refused").code().expect("a code");
    code.as_str().to_owned()
}

#[test]
fn saved_plan_survives_json_shows_no_secret_and_is_applied_once() {
    let store = MemoryStore::default();
    let mut request = setup();
    request
        .secrets
        .insert("pin".into(), SecretBytes::new(b"4711".to_vec()));
    request.writes.push(StoreWrite::SetState {
        key: "cursor".into(),
        value: vec![7],
    });
    let saved = save(&store, &request).expect("saves");
    let text = saved.to_json();
    assert!(!text.contains("canary") && !text.contains("4711"), "{text}");
    assert!(
        text.contains("/users") && text.contains("\"blue\""),
        "{text}"
    );
    let read = SavedPlan::from_json(text.as_bytes()).expect("reads");
    assert_eq!(read, saved);
    assert_eq!(saved.sealed, ["BOT_TOKEN".to_owned()].into());

    let direct = MemoryStore::default();
    commit(&direct, &request).expect("applies");
    apply(&store, &read, &pack()).expect("applies");
    assert!(store == direct, "the saved plan made another store");
    assert_eq!(code(apply(&store, &read, &pack())), "E_PLAN_STALE");
    assert!(store == direct, "a refused plan wrote something");
}

#[test]
fn saved_plan_is_stale_for_another_pack_revision_or_difference() {
    let store = MemoryStore::default();
    let saved = save(&store, &setup()).expect("saves");
    let other = PackIdentity {
        digest: "sha256:00".into(),
        ..pack()
    };
    assert_eq!(code(apply(&store, &saved, &other)), "E_PLAN_STALE");
    let mut elsewhere = saved.clone();
    elsewhere.store.store = "another".into();
    assert_eq!(code(apply(&store, &elsewhere, &pack())), "E_PLAN_STALE");
    let mut edited = saved.clone();
    edited.plan.config_patch.insert("room".into(), json!("red"));
    assert_eq!(code(apply(&store, &edited, &pack())), "E_PLAN_STALE");
    let mut neighbour = setup();
    neighbour.install = key("j");
    commit(&store, &neighbour).expect("applies");
    let error = apply(&store, &saved, &pack()).expect_err("is refused");
    assert!(
        error
            .to_string()
            .contains("revision of the store is 1, and was 0"),
        "{error}"
    );
}

#[test]
fn saved_plan_needs_the_values_of_its_secrets_again() {
    let store = MemoryStore::default();
    let saved = save(&store, &setup()).expect("saves");
    let mut tx = store.begin().expect("begins");
    let error = saved.apply(&mut *tx, &pack(), &BTreeMap::new());
    let error = error.expect_err("is refused").to_string();
    assert!(error.contains("`BOT_TOKEN`"), "{error}");
}

#[test]
fn plan_that_shows_a_secret_is_not_saved_and_the_error_does_not_show_it() {
    let mut request = setup();
    let config = &mut request.plan.config_patch;
    config.insert(
        "url".into(),
        json!({"deep": ["https://canary-4711@a.invalid"]}),
    );
    let error = save(&MemoryStore::default(), &request).expect_err("is refused");
    let text = error.to_string();
    assert!(text.contains("/deep/0") && !text.contains("4711"), "{text}");
    assert_eq!(error.code().expect("a code").as_str(), "E_SECRET_SHOWN");
}

#[test]
fn malformed_newer_and_secret_bearing_files_are_refused() {
    let saved = save(&MemoryStore::default(), &setup()).expect("saves");
    let text = saved.to_json();
    let newer = text.replacen("\"format\": 1", "\"format\": 2", 1);
    let unknown = text.replacen("\"format\": 1", "\"format\": 1, \"else\": 1", 1);
    let secret = text.replacen(
        "\"writes\": []",
        "\"writes\": [{\"write\": \"set_secret\", \"key\": \"k\", \"value\": [1]}]",
        1,
    );
    for wrong in ["", "{}", "[", &newer, &unknown, &secret] {
        let error = SavedPlan::from_json(wrong.as_bytes()).expect_err("is refused");
        assert_eq!(error.code().expect("a code").as_str(), "E_PLAN_UNREADABLE");
    }
}

#[test]
fn edited_plan_is_refused_and_another_layout_of_the_same_plan_is_not() {
    let saved = save(&MemoryStore::default(), &setup()).expect("saves");
    let text = saved.to_json();
    let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let layout = SavedPlan::from_json(value.to_string().as_bytes()).expect("reads");
    assert_eq!(layout, saved);
    for (place, other) in [
        ("/plan/config_patch/room", json!("red")),
        ("/plan/webhook_ops/0/url", json!("https://b.invalid/x")),
        ("/install/install_id", json!("j")),
        ("/install/tenant/tenant", json!("other")),
        ("/store/number", json!(7)),
        ("/pack/digest", json!("sha256:00")),
        ("/inputs/public_base_url", json!("https://b.invalid")),
        ("/mode", json!("delete")),
        ("/diff/0/after", json!(0)),
        ("/sealed", json!([])),
        ("/harness_version", json!("0.0.0")),
        ("/digest", json!("blake3:00")),
    ] {
        refuses_edit(&value, place, other);
    }
}

/// Refuses the plan `value` with another value at `place`.
fn refuses_edit(value: &serde_json::Value, place: &str, other: serde_json::Value) {
    let mut edited = value.clone();
    *edited.pointer_mut(place).expect("is there") = other;
    assert_ne!(edited, *value, "{place}");
    let error = SavedPlan::from_json(edited.to_string().as_bytes());
    let error = error.expect_err(place).to_string();
    assert!(
        error.contains("changed after it was saved") && error.contains("make a new plan"),
        "{place}: {error}"
    );
}

#[test]
fn delete_is_saved_and_applied_too() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let saved = save(&store, &request(ProvisionMode::Delete, json!({}))).expect("saves");
    assert!(saved.diff.to_string().contains("- secret BOT_TOKEN\n"));
    apply(&store, &saved, &pack()).expect("applies");
    assert!(store.is_empty());
}
