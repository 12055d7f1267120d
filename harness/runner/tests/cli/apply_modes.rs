//! The life of an installation through the command: install, update, delete; and plans
//! that are applied twice, or edited.

use crate::apply::{Place, assert_stale};
use crate::support::{code, json, project, stderr};
use provision_apply::embedded::Options;
use provision_apply::{
    Contents, EmbeddedStore, InstallKey, Operation, Revision, Store, outbox, view,
};
use provision_core::wizard::{StoreView, TenantContext};
use serde_json::{Value, json};
use std::fs;

fn answers(place: &Place, answers: &Value) {
    fs::write(place.path().join("a.json"), answers.to_string()).expect("writes");
}

fn store(place: &Place) -> EmbeddedStore {
    let folder = place.path().join(".greentic/provision");
    EmbeddedStore::open(&folder, &Options::default()).expect("opens")
}

/// Takes every operation as a host does, and reports that it is done.
fn carried_out(place: &Place) -> Vec<Operation> {
    let store = store(place);
    let mut taken = Vec::new();
    loop {
        let mut tx = store.begin().expect("begins");
        let Some(operation) = outbox::take(&mut *tx).expect("takes") else {
            return taken;
        };
        outbox::done(&mut *tx, &operation.install, &operation.id).expect("reports");
        tx.commit().expect("commits");
        taken.push(operation);
    }
}

/// Everything of the outbox, by sequence.
fn queued(place: &Place) -> Vec<Operation> {
    let store = store(place);
    let mut found = Vec::new();
    let snapshot = store.read().expect("reads");
    let listed = snapshot.list_operations(None, &mut |operation| {
        found.push(operation);
        Ok(())
    });
    listed.expect("lists");
    found.sort_by_key(|operation| operation.sequence);
    found
}

fn show(place: &Place) -> Value {
    json(&place.installs("show --provider-id p --install-id i --json"))
}

/// Everything that the store holds of the installation, values of secrets included.
fn held(place: &Place) -> (Revision, Contents, StoreView) {
    let install = InstallKey {
        tenant: TenantContext::default(),
        provider_id: "p".into(),
        install_id: "i".into(),
    };
    let store = store(place);
    let snapshot = store.read().expect("reads");
    (
        snapshot.revision().expect("reads"),
        Contents::read(&*snapshot, &install).expect("reads"),
        view(&*snapshot, &install).expect("reads"),
    )
}

/// Applies at `https://HOST.example`.
fn applied(place: &Place, host: &str, more: &str) -> Value {
    let flags = format!(
        "--provider-id p --install-id i --answers a.json --yes --json \
         --public-base-url https://{host}.example {more}"
    );
    let applied = place.on_pack("apply", &flags);
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    json(&applied)
}

#[test]
fn update_changes_what_it_names_keeps_the_rest_and_delete_leaves_reverse_operations() {
    let place = Place::new();
    applied(&place, "a", "");
    let registered = carried_out(&place);
    assert_eq!(registered.len(), 1);
    let before = show(&place);
    let kept = held(&place).2.secrets["CHAT_TOKEN"].clone();

    answers(&place, &json!({"config": {"room": "red"}}));
    let updated = applied(&place, "b", "--mode update");
    let after = show(&place);
    assert_eq!(
        (&updated["mode"], &updated["changed"]),
        (&json!("update"), &json!(true))
    );
    assert_eq!(after["config"], json!({"room": "red"}));
    assert_eq!(after["secrets"], before["secrets"]);
    let secret = &held(&place).2.secrets["CHAT_TOKEN"];
    assert_eq!(*secret, kept, "an update without a value keeps the secret");
    let changes = updated["diff"].as_array().expect("a list");
    let changes: Vec<_> = changes
        .iter()
        .map(|c| (&c["part"], &c["key"], &c["kind"]))
        .collect();
    let changed = json!("changed");
    let (room, hook) = (
        (json!("config"), json!("room")),
        (json!("webhook"), json!("messages")),
    );
    assert_eq!(
        changes,
        [(&room.0, &room.1, &changed), (&hook.0, &hook.1, &changed)]
    );
    let pending = carried_out(&place);
    assert_eq!(pending.len(), 1, "{pending:?}");
    assert_eq!(pending[0].action.verb, "update");
    assert_eq!(pending[0].action.content["url"], "https://b.example/chat");
    let reverse = pending[0].reverse.as_ref().expect("a reverse");
    assert_eq!(reverse.verb, "update");
    assert_eq!(reverse.content["url"], "https://a.example/chat");

    let deleted = applied(&place, "b", "--mode delete");
    assert_eq!(deleted["install_record"], Value::Null);
    assert_eq!(json(&place.installs("list --json")), json!([]));
    // A host still has to carry it out; then nothing is left.
    let left = queued(&place);
    assert_eq!(left.len(), 1, "{left:?}");
    assert_eq!(
        (left[0].action.verb.as_str(), left[0].target.as_str()),
        ("delete", "messages")
    );
    let reverse = left[0].reverse.as_ref().expect("a reverse");
    assert_eq!(
        (reverse.verb.as_str(), &reverse.content["url"]),
        ("register", &json!("https://b.example/chat"))
    );
    let verified = place.installs("verify --json");
    assert_eq!((code(&verified), json(&verified)), (0, json!([])));
    assert_eq!(carried_out(&place)[0].action, left[0].action);
    assert_eq!(queued(&place), []);
}

#[test]
fn delete_of_what_no_host_was_told_of_leaves_an_empty_outbox() {
    let place = Place::new();
    applied(&place, "a", "");
    assert_eq!(queued(&place).len(), 1);
    applied(&place, "a", "--mode delete");
    assert_eq!(queued(&place), []);
    assert_eq!(json(&place.installs("list --json")), json!([]));
}

#[test]
fn stale_plan_is_refused_with_exit_3_and_changes_nothing() {
    let place = Place::new();
    let planned = place.on_install("plan", "--out plan.json");
    assert_eq!(code(&planned), 0, "{}", stderr(&planned));
    let applied = place.on_pack("apply", "--plan plan.json --answers a.json");
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
    let before = held(&place);
    assert_eq!(before.1.installed.config["room"], "blue");
    for _ in 0..2 {
        let again = place.on_pack("apply", "--plan plan.json --answers a.json");
        assert_stale(&again);
        assert_eq!(held(&place), before);
    }
}

#[test]
fn edited_plan_is_refused_with_the_file_and_what_to_do_and_changes_no_byte() {
    let place = Place::new();
    let planned = place.on_install("plan", "--out plan.json --json");
    assert_eq!(code(&planned), 0, "{}", stderr(&planned));
    let edited = place.path().join("edited.json");
    for (at, other) in [
        ("/plan/config_patch/room", json!("red")),
        ("/install/install_id", json!("j")),
        ("/diff/0/after", json!("red")),
    ] {
        let mut plan = json(&planned);
        *plan.pointer_mut(at).expect("is there") = other;
        fs::write(&edited, plan.to_string()).expect("writes");
        let before = place.bytes();
        let refused = place.on_pack("apply", "--plan edited.json --answers a.json");
        assert_eq!(code(&refused), 2, "{at}: {}", stderr(&refused));
        let said = stderr(&refused);
        for part in [
            "E_PLAN_UNREADABLE",
            "edited.json: it was changed after",
            "make a new plan",
        ] {
            assert!(said.contains(part), "{at}: {said}");
        }
        assert!(
            place.bytes() == before,
            "{at}: a refused plan changed a file"
        );
    }
    // Another layout of the same plan is what was shown.
    fs::write(&edited, json(&planned).to_string()).expect("writes");
    let applied = place.on_pack("apply", "--plan edited.json --answers a.json");
    assert_eq!(code(&applied), 0, "{}", stderr(&applied));
}

/// NB: all checksums of these files are right.
#[test]
fn hostile_store_is_refused_in_words_and_left_untouched() {
    for (name, why) in [
        (
            "engine-panics-behind-right-checksums",
            "the database engine panicked",
        ),
        ("keys-out-of-order", "keys are out of order"),
    ] {
        let place = Place::new();
        assert_eq!(code(&place.on_install("plan", "")), 0);
        let folder = place.path().join(".greentic/provision");
        let hostile = project().join("corpus/regress/store_bytes").join(name);
        let bytes = fs::read(hostile).expect("reads");
        let file = folder.join("store.redb");
        fs::write(&file, &bytes).expect("writes");
        let key = fs::read(project().join("fuzz/bytes/src/store_bytes.age")).expect("reads");
        fs::write(folder.join("key.age"), key).expect("writes");
        for refused in [
            place.on_install("plan", ""),
            place.on_install("apply", "--yes"),
            place.installs("list"),
            place.installs("verify"),
        ] {
            let said = stderr(&refused);
            assert_eq!(code(&refused), 6, "{name}: {said}");
            for part in [
                "E_STORE_DAMAGED",
                "store.redb",
                why,
                "restore it from a backup",
            ] {
                assert!(said.contains(part), "{name}: {said}");
            }
            assert!(!said.contains("panicked at"), "{name}: {said}");
            assert!(fs::read(&file).expect("reads") == bytes, "{name}");
        }
    }
}
