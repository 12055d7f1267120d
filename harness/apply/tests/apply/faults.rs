//! A disk that fails at its n-th operation, for every n: the store is old or new.

use crate::common::{commit, key, request, setup};
use crate::damage::over;
use crate::disk::{Disk, Fault};
use crate::embedded::installed;
use provision_apply::{Contents, Request, Revision, Store, verify, view};
use provision_core::wizard::{ProvisionMode, SecretBytes, StoreView};
use serde_json::json;
use std::fs;
use std::path::Path;

/// Everything that a store holds of the installation.
type Held = (Revision, Contents, StoreView);

fn held(bytes: Vec<u8>, folder: &Path) -> Held {
    let store = over(&Disk::new(bytes), folder).expect("opens");
    let snapshot = store.read().expect("reads");
    assert_eq!(verify(&*snapshot).expect("verifies"), []);
    (
        snapshot.revision().expect("reads"),
        Contents::read(&*snapshot, &key("i")).expect("reads"),
        view(&*snapshot, &key("i")).expect("reads"),
    )
}

fn update() -> Request {
    let mut update = request(
        ProvisionMode::Update,
        json!({
            "config_patch": {"room": "red", "log": null, "text": "x".repeat(20_000)},
            "secrets_patch": {"set": {"BOT_TOKEN": "<redacted>", "NEW": "<redacted>"}},
            "webhook_ops": [{"op": "update", "id": "w", "url": "https://a.invalid/y"}],
        }),
    );
    for name in ["BOT_TOKEN", "NEW"] {
        let value = SecretBytes::new(b"next-value".to_vec());
        update.secrets.insert(name.into(), value);
    }
    update
}

fn fails_at_every_operation(change: &Request, fault: Fault) {
    let folder = installed();
    let bytes = fs::read(folder.path().join("store.redb")).expect("reads");
    let old = held(bytes.clone(), folder.path());
    let disk = Disk::new(bytes.clone());
    let store = over(&disk, folder.path()).expect("opens");
    commit(&store, change).expect("applies");
    drop(store);
    let new = held(disk.bytes(), folder.path());
    assert_ne!(old.0, new.0);
    let (mut olds, mut news) = (0, 0);
    for at in 1..=disk.operations() {
        let faulty = Disk::failing_at(bytes.clone(), at, fault);
        let applied = over(&faulty, folder.path())
            .map_err(Into::into)
            .and_then(|store| commit(&store, change));
        if let Err(error) = &applied {
            assert!(error.is_store(), "operation {at}: {error}");
        }
        let mut crashed = faulty.after_power_loss(at);
        crashed.push(faulty.bytes());
        for bytes in crashed {
            let now = held(bytes, folder.path());
            match (now == old, now == new) {
                (true, false) => olds += 1,
                (false, true) => news += 1,
                _ => panic!("operation {at} left something else: {now:?}"),
            }
            assert!(
                now == new || applied.is_err(),
                "operation {at} lost a commit"
            );
        }
    }
    assert!(olds > 4 && news > 0, "{olds} old, {news} new");
}

#[test]
fn update_on_a_full_disk_leaves_the_old_or_the_new_store() {
    fails_at_every_operation(&update(), Fault::Full);
}

#[test]
fn update_with_short_writes_leaves_the_old_or_the_new_store() {
    fails_at_every_operation(&update(), Fault::Short);
}

#[test]
fn delete_on_a_full_disk_leaves_the_old_or_the_new_store() {
    let mut delete = setup();
    delete.mode = ProvisionMode::Delete;
    fails_at_every_operation(&delete, Fault::Full);
}
