//! Stores with hostile bytes are opened, or refused and left alone; they never panic.

use crate::common::{commit, key, setup};
use crate::disk::Disk;
use crate::embedded::{installed, open};
use provision_apply::embedded::{EmbeddedStore, Options};
use provision_apply::{Store, StoreError, verify};
use provision_core::codes::ApplyCode;
use provision_core::rng::Rng;
use redb::ReadableTable;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// redb's header and its two commit slots are in here.
const HEADER: usize = 512;

/// The store on `disk`, with the key of `folder`.
pub(crate) fn over(disk: &Disk, folder: &Path) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::over(Arc::new(disk.clone()), &folder.join("key.age"))
}

/// Opens and reads everything; a refusal has a code and leaves the bytes alone.
fn open_or_refuse(bytes: Vec<u8>, folder: &Path, what: &str) -> bool {
    let disk = Disk::new(bytes.clone());
    let error = match over(&disk, folder) {
        Ok(store) => {
            let snapshot = store.read().expect("a verified store reads");
            let problems = verify(&*snapshot).expect("a verified store reads");
            assert_eq!(problems, [], "{what}");
            return true;
        }
        Err(error) => error,
    };
    let known = [ApplyCode::StoreDamaged, ApplyCode::StoreFormat];
    assert!(known.contains(&error.code()), "{what}: {error}");
    assert!(
        disk.bytes() == bytes,
        "{what}: the refused file has changed"
    );
    false
}

#[test]
fn store_with_a_flipped_bit_is_opened_or_refused_and_left_untouched() {
    let folder = installed();
    let bytes = fs::read(folder.path().join("store.redb")).expect("reads");
    let mut rng = Rng::new(22);
    let header = (0..HEADER).map(|at| (at, 1 << (at % 8)));
    let used = bytes
        .iter()
        .rposition(|byte| *byte != 0)
        .expect("not empty");
    let seeded = (0..1000).map(|_| (rng.below(used), 1 << rng.below(8)));
    let (mut opened, mut refused) = (0, 0);
    for (at, bit) in header.chain(seeded) {
        let mut flipped = bytes.clone();
        flipped[at] ^= bit;
        if open_or_refuse(flipped, folder.path(), &format!("bit {bit} of byte {at}")) {
            opened += 1;
        } else {
            refused += 1;
        }
    }
    // Free pages and padding do not matter; the header and used pages do.
    assert!(
        opened > 0 && refused > 100,
        "{opened} opened, {refused} refused"
    );
}

#[test]
fn truncated_store_is_refused_and_left_untouched() {
    let folder = installed();
    let bytes = fs::read(folder.path().join("store.redb")).expect("reads");
    let step = bytes.len() / 97;
    let lengths = (0..64).chain((64..bytes.len()).step_by(step));
    for len in lengths {
        let what = format!("{len} bytes");
        let opened = open_or_refuse(bytes[..len].to_vec(), folder.path(), &what);
        assert!(!opened, "{what} were opened");
    }
}

#[test]
fn refused_store_in_a_folder_keeps_its_bytes() {
    let folder = installed();
    let file = folder.path().join("store.redb");
    let mut bytes = fs::read(&file).expect("reads");
    for text in [b"".to_vec(), b"no store".to_vec(), vec![0; 1 << 16]] {
        fs::write(&file, &text).expect("writes");
        let error = open(folder.path()).expect_err("is refused");
        assert_eq!(error.code(), ApplyCode::StoreDamaged);
        let path = file.to_str().expect("text");
        assert!(error.to_string().contains(path), "{error}");
        assert_eq!(fs::read(&file).expect("reads"), text);
    }
    bytes.truncate(HEADER);
    fs::write(&file, &bytes).expect("writes");
    open(folder.path()).expect_err("is refused");
    assert_eq!(fs::read(&file).expect("reads"), bytes);
}

/// Changes the rows of a closed store with redb alone.
fn edit(folder: &Path, change: impl Fn(&mut redb::Table<'_, &[u8], &[u8]>), table: &str) {
    let database = redb::Database::open(folder.join("store.redb")).expect("opens");
    let transaction = database.begin_write().expect("begins");
    let definition = redb::TableDefinition::<&[u8], &[u8]>::new(table);
    change(&mut transaction.open_table(definition).expect("opens"));
    transaction.commit().expect("commits");
}

#[test]
fn store_of_a_newer_format_is_refused_and_left_untouched() {
    let folder = installed();
    let newer = |meta: &mut redb::Table<'_, &[u8], &[u8]>| {
        let newer = 2_u32.to_be_bytes();
        meta.insert(&b"format"[..], &newer[..]).expect("writes");
    };
    edit(folder.path(), newer, "meta");
    let file = folder.path().join("store.redb");
    let bytes = fs::read(&file).expect("reads");
    let options = Options::default();
    for result in [
        open(folder.path()),
        EmbeddedStore::open_read(folder.path(), &options),
    ] {
        let error = result.expect_err("is refused");
        assert_eq!(error.code(), ApplyCode::StoreFormat);
        assert!(error.to_string().contains("format 2"), "{error}");
    }
    assert!(fs::read(&file).expect("reads") == bytes);
}

#[test]
fn sealed_secret_that_was_moved_to_another_installation_is_damage() {
    let folder = installed();
    let mut other = setup();
    other.install = key("j");
    let store = open(folder.path()).expect("opens");
    commit(&store, &other).expect("applies");
    drop(store);
    let (from, to) = (key("i").item("BOT_TOKEN"), key("j").item("BOT_TOKEN"));
    let copy = |secrets: &mut redb::Table<'_, &[u8], &[u8]>| {
        let sealed = {
            let row = secrets.get(from.as_slice()).expect("reads");
            row.expect("is there").value().to_vec()
        };
        secrets
            .insert(to.as_slice(), sealed.as_slice())
            .expect("writes");
    };
    edit(folder.path(), copy, "secrets");
    let store = open(folder.path()).expect("opens");
    let problems = verify(&*store.read().expect("reads")).expect("verifies");
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert_eq!(problems[0].code, ApplyCode::StoreDamaged);
    assert_eq!(problems[0].at, "secrets/BOT_TOKEN");
    assert_eq!(problems[0].install, Some(key("j")));
    assert!(
        !problems[0].to_string().contains("canary"),
        "{}",
        problems[0]
    );
}

#[test]
fn malformed_counter_is_a_problem_and_refuses_each_apply() {
    for counter in [&b"revision"[..], b"sequence"] {
        let folder = installed();
        let short = |meta: &mut redb::Table<'_, &[u8], &[u8]>| {
            meta.insert(counter, &b"7"[..]).expect("writes");
        };
        edit(folder.path(), short, "meta");
        let store = open(folder.path()).expect("opens");
        let problems = verify(&*store.read().expect("reads")).expect("verifies");
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert_eq!(problems[0].code, ApplyCode::StoreDamaged);
        assert_eq!(problems[0].at, "meta");
        let mut other = setup();
        other.install = key("j");
        let error = commit(&store, &other).expect_err("is refused");
        assert!(error.to_string().contains("eight bytes"), "{error}");
    }
}

#[test]
fn store_without_one_of_its_tables_is_refused_by_its_path() {
    for table in ["config", "outbox"] {
        let folder = installed();
        let file = folder.path().join("store.redb");
        let database = redb::Database::open(&file).expect("opens");
        let transaction = database.begin_write().expect("begins");
        let definition = redb::TableDefinition::<&[u8], &[u8]>::new(table);
        assert!(transaction.delete_table(definition).expect("deletes"));
        transaction.commit().expect("commits");
        drop(database);
        let before = fs::read(&file).expect("reads");
        let error = open(folder.path()).expect_err("is refused");
        assert_eq!(error.code(), ApplyCode::StoreDamaged);
        let said = error.to_string();
        assert!(
            said.contains(table) && said.contains(file.to_str().expect("text")),
            "{said}"
        );
        assert!(fs::read(&file).expect("reads") == before);
    }
}
