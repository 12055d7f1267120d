//! A store that disagrees with its records: each problem has a code, a place and a
//! remedy, and shows no value.

use crate::common::{commit, key, operations, setup};
use provision_apply::{
    InstallRecord, MemoryStore, OperationState, Problem, Store, Transaction, verify,
};
use provision_core::codes::ApplyCode;
use provision_core::wizard::SecretBytes;
use serde_json::json;

/// The problems of an installed store after `change`: code and place.
fn problems(change: impl Fn(&mut dyn Transaction)) -> Vec<(ApplyCode, String)> {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let mut tx = store.begin().expect("begins");
    change(&mut *tx);
    tx.commit().expect("commits");
    let found = verify(&*store.read().expect("reads")).expect("verifies");
    for problem in &found {
        let text = problem.to_string();
        assert!(
            text.contains("installation `i`") && !text.contains("canary"),
            "{text}"
        );
    }
    found
        .into_iter()
        .map(|Problem { code, at, .. }| (code, at))
        .collect()
}

fn record(tx: &dyn Transaction) -> InstallRecord {
    tx.get_install(&key("i")).expect("reads").expect("a record")
}

#[test]
fn content_that_a_record_names_and_the_store_lacks_is_dangling() {
    let found = problems(|tx| {
        tx.delete_secret(&key("i"), "BOT_TOKEN").expect("deletes");
        tx.delete_config(&key("i"), "room").expect("deletes");
        let mut record = record(tx);
        record.state_keys.insert("cursor".into());
        tx.put_install(&record).expect("writes");
    });
    let at = |place: &str| (ApplyCode::StoreDangling, place.to_owned());
    assert_eq!(
        found,
        ["config/room", "secrets/BOT_TOKEN", "state/cursor"].map(at)
    );
}

#[test]
fn content_that_no_record_names_is_orphaned() {
    let found = problems(|tx| {
        tx.put_config(&key("i"), "more", &json!("canary"))
            .expect("writes");
        tx.put_state(&key("i"), "more", b"canary").expect("writes");
    });
    let at = |place: &str| (ApplyCode::StoreOrphaned, place.to_owned());
    assert_eq!(found, ["config/more", "state/more"].map(at));
    let found = problems(|tx| {
        let canary = SecretBytes::new(b"canary".to_vec());
        tx.put_secret(&key("i"), "MORE", &canary).expect("writes");
        tx.delete_install(&key("i")).expect("deletes");
    });
    let all = [
        "config/log",
        "config/room",
        "secrets/BOT_TOKEN",
        "secrets/MORE",
    ];
    assert_eq!(found, all.map(at));
}

#[test]
fn operation_that_is_done_for_an_installation_that_is_gone_is_orphaned() {
    let store = MemoryStore::default();
    commit(&store, &setup()).expect("applies");
    let mut done = operations(&store).remove(0);
    done.state = OperationState::Done;
    let place = format!("outbox/{}", done.id);
    let found = problems(|tx| {
        tx.put_operation(&done).expect("writes");
        for key in ["log", "room"] {
            tx.delete_config(&done.install, key).expect("deletes");
        }
        tx.delete_secret(&done.install, "BOT_TOKEN")
            .expect("deletes");
        tx.delete_install(&done.install).expect("deletes");
    });
    assert_eq!(found, [(ApplyCode::StoreOrphaned, place)]);
}
