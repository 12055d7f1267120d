//! The store in a file: what survives a close, who may open it, and what its bytes show.

use crate::common::{answers, commit, key, request, setup};
use provision_apply::embedded::{EmbeddedStore, Options};
use provision_apply::{Contents, Store, StoreError, verify, view};
use provision_core::codes::ApplyCode;
use provision_core::wizard::ProvisionMode;
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::mpsc::{Sender, channel};
use tempfile::TempDir;

/// An empty folder that no other user may enter.
pub(crate) fn private() -> TempDir {
    let mut builder = tempfile::Builder::new();
    let folder = builder
        .permissions(PermissionsExt::from_mode(0o700))
        .tempdir();
    folder.expect("a folder")
}

/// A folder with a store that has one installation.
pub(crate) fn installed() -> TempDir {
    let folder = private();
    commit(&open(folder.path()).expect("opens"), &setup()).expect("applies");
    folder
}

pub(crate) fn open(folder: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open(folder, &Options::default())
}

fn read(folder: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::open_read(folder, &Options::default())
}

#[test]
fn closed_store_has_everything_when_it_is_opened_again() {
    let folder = installed();
    let store = read(folder.path()).expect("opens");
    let snapshot = store.read().expect("reads");
    let contents = Contents::read(&*snapshot, &key("i")).expect("reads");
    assert_eq!(contents.operations.len(), 3);
    let view = view(&*snapshot, &key("i")).expect("reads");
    assert_eq!(view.config["room"], json!("blue"));
    assert_eq!(
        view.secrets,
        [("BOT_TOKEN".to_owned(), answers()["bot_token"].clone())].into()
    );
    assert_eq!(verify(&*snapshot).expect("verifies"), []);
    assert_eq!(snapshot.revision().expect("reads").number, 1);
    assert!(store.begin().is_err(), "a reader began to write");
}

#[test]
fn readers_share_the_store_and_leave_its_bytes_alone() {
    let folder = installed();
    let file = folder.path().join("store.redb");
    let before = fs::read(&file).expect("reads");
    let readers = [read(folder.path()), read(folder.path())];
    for reader in readers {
        let reader = reader.expect("opens");
        assert_eq!(
            verify(&*reader.read().expect("reads")).expect("verifies"),
            []
        );
    }
    assert!(fs::read(&file).expect("reads") == before);
}

#[test]
fn second_apply_commits_nothing_and_delete_leaves_no_row() {
    let folder = installed();
    let store = open(folder.path()).expect("opens");
    assert!(!commit(&store, &setup()).expect("applies").changed);
    assert_eq!(
        store
            .read()
            .expect("reads")
            .revision()
            .expect("reads")
            .number,
        1
    );
    commit(&store, &request(ProvisionMode::Delete, json!({}))).expect("applies");
    let snapshot = store.read().expect("reads");
    let left = Contents::read(&*snapshot, &key("i")).expect("reads");
    assert_eq!(left, Contents::default());
    assert_eq!(verify(&*snapshot).expect("verifies"), []);
}

#[test]
fn dropped_transaction_leaves_the_store_as_it_was() {
    let folder = installed();
    let store = open(folder.path()).expect("opens");
    let mut tx = store.begin().expect("begins");
    tx.put_config(&key("i"), "room", &json!("red"))
        .expect("writes");
    assert_eq!(
        tx.get_config(&key("i")).expect("reads")["room"],
        json!("red")
    );
    drop(tx);
    let snapshot = store.read().expect("reads");
    assert_eq!(
        snapshot.get_config(&key("i")).expect("reads")["room"],
        json!("blue")
    );
}

#[test]
fn missing_wrong_malformed_and_readable_keys_are_refused_by_name() {
    let folder = installed();
    let key_file = folder.path().join("key.age");
    let right = fs::read(&key_file).expect("reads");
    let refused = || {
        for error in [open(folder.path()), read(folder.path())].map(Result::unwrap_err) {
            assert_eq!(error.code(), ApplyCode::StoreKey);
            assert!(error.to_string().contains("key.age"), "{error}");
            assert!(!error.to_string().contains("1nothing"), "{error}");
        }
    };
    fs::remove_file(&key_file).expect("removes");
    refused();
    let other = installed();
    fs::copy(other.path().join("key.age"), &key_file).expect("copies");
    refused();
    fs::write(&key_file, "AGE-SECRET-KEY-1nothing\n").expect("writes");
    refused();
    fs::write(&key_file, &right).expect("writes");
    fs::set_permissions(&key_file, PermissionsExt::from_mode(0o640)).expect("changes");
    refused();
    fs::set_permissions(&key_file, PermissionsExt::from_mode(0o600)).expect("changes");
    open(folder.path()).expect("opens with its own key");
}

#[test]
fn key_at_a_named_place_is_made_there_and_found_there() {
    let (folder, keys) = (private(), private());
    let options = Options {
        key: Some(keys.path().join("store-key")),
        ..Options::default()
    };
    let store = EmbeddedStore::open(folder.path(), &options).expect("opens");
    commit(&store, &setup()).expect("applies");
    drop(store);
    assert!(!folder.path().join("key.age").exists());
    EmbeddedStore::open(folder.path(), &options).expect("opens");
}

#[test]
fn files_are_private_and_a_folder_that_is_not_is_refused() {
    let folder = installed();
    let mode = |name: &str| {
        let found = fs::metadata(folder.path().join(name)).expect("is there");
        found.permissions().mode() & 0o777
    };
    assert_eq!(["store.redb", "key.age", "lock"].map(mode), [0o600; 3]);
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o750)).expect("changes");
    let error = open(folder.path()).expect_err("is refused");
    assert_eq!(error.code(), ApplyCode::StoreIo);
    assert!(error.to_string().contains("0700"), "{error}");
}

#[test]
fn folder_that_cannot_be_made_and_store_that_is_not_there_are_refused_by_name() {
    let folder = private();
    let file = folder.path().join("file");
    fs::write(&file, "").expect("writes");
    // No user may make a folder below a file, or in /proc.
    for place in [file.join("store"), "/proc/greentic-store".into()] {
        let error = open(&place).expect_err("is refused");
        assert_eq!(error.code(), ApplyCode::StoreIo);
        assert!(
            error.to_string().contains(place.to_str().expect("text")),
            "{error}"
        );
    }
    let error = read(folder.path()).expect_err("is refused");
    assert_eq!(error.code(), ApplyCode::StoreIo);
    assert!(!folder.path().join("store.redb").exists());
}

#[test]
fn secrets_are_in_no_byte_of_the_store() {
    use base64::Engine;
    let folder = private();
    let canary = "canary-8f14e45fceea167a5a36dedd4bea2543";
    let mut setup = setup();
    let secret = provision_core::wizard::SecretBytes::new(canary.into());
    setup.secrets.insert("bot_token".into(), secret);
    commit(&open(folder.path()).expect("opens"), &setup).expect("applies");
    let mut needles = vec![
        canary.to_owned(),
        provision_core::text::hex(canary.as_bytes()),
    ];
    for skipped in 0..3 {
        // Base64 depends on where in a group of three the text begins.
        let text = base64::prelude::BASE64_STANDARD.encode(&canary[skipped..]);
        needles.push(text[..text.len() - 4].to_owned());
    }
    for entry in fs::read_dir(folder.path()).expect("lists") {
        let bytes = fs::read(entry.expect("lists").path()).expect("reads");
        for needle in &needles {
            let found = bytes.windows(needle.len()).any(|w| w == needle.as_bytes());
            assert!(!found, "{needle} is in the store");
        }
    }
}

#[test]
fn second_writer_says_that_it_waits_and_goes_on_when_the_first_closes() {
    static WAITS: Mutex<Option<Sender<PathBuf>>> = Mutex::new(None);
    let (sender, receiver) = channel();
    *WAITS.lock().expect("no panic") = Some(sender);
    let folder = installed();
    let first = open(folder.path()).expect("opens");
    let place = folder.path().to_owned();
    let second = std::thread::spawn(move || {
        let waiting = |lock: &Path| {
            let sender = WAITS.lock().expect("no panic");
            let sender = sender.as_ref().expect("is set");
            sender.send(lock.to_owned()).expect("the test listens");
        };
        let options = Options {
            waiting: Some(waiting),
            ..Options::default()
        };
        let store = EmbeddedStore::open(&place, &options).expect("opens");
        let snapshot = store.read().expect("reads");
        snapshot.get_config(&key("i")).expect("reads")["room"].clone()
    });
    assert_eq!(receiver.recv().expect("waits"), folder.path().join("lock"));
    let update = json!({"config_patch": {"room": "red"}});
    commit(&first, &request(ProvisionMode::Update, update)).expect("applies");
    drop(first);
    assert_eq!(second.join().expect("opens"), json!("red"));
}
