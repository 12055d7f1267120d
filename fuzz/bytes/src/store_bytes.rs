//! Hostile bytes as the file of a store: they are opened and read, or refused and left
//! as they were.

use crate::store_file::{Memory, let_the_engine_panic};
use crate::target::{Attacker, Seeds, Target};
use provision_apply::embedded::EmbeddedStore;
use provision_apply::{
    Applier, Contents, InstallKey, PackIdentity, Request, Store, StoreError, verify, view,
};
use provision_core::codes::ApplyCode;
use provision_core::wizard::{ProvisionMode, TenantContext};
use serde_json::json;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

pub(crate) const TARGET: Target = Target {
    name: "store_bytes",
    attacker: Attacker::Store,
    boundary: "opening, verifying, reading and writing the store in a file",
    oracle: "the store is opened, or refused with the code of damage, format or key and not one byte changed; what is opened can be read, verified and applied to; it opens again with the same records, and after a write unless it was damaged before",
    max_len: MOST,
    seeds: Seeds::Files,
    body,
    show: crate::as_text,
    mutator: Some(change),
};

/// Bytes of the longest input. A store with an installation has 20 pages.
const MOST: usize = 96 * 1024;
/// The key of the stores in `corpus/seeds/store_bytes`. It decrypts nothing else.
const KEY: &str = include_str!("store_bytes.age");

/// Changes rows or pages, with right checksums.
fn change(data: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    match seed % 2 {
        0 => crate::store_rows::change(data, most, seed / 2),
        _ => crate::store_pages::change(data, most, seed / 2),
    }
}

/// The file with [`KEY`]; the folder lives as long as the process.
fn key_file() -> &'static Path {
    static FILE: OnceLock<(tempfile::TempDir, PathBuf)> = OnceLock::new();
    let (_, path) = FILE.get_or_init(|| {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("key.age");
        // NB: what is made by this call has the mode 0600, which the store demands.
        let mut file = tempfile::NamedTempFile::new_in(&folder).expect("a file");
        std::io::Write::write_all(&mut file, KEY.as_bytes()).expect("writes");
        file.persist(&path).expect("renames");
        (folder, path)
    });
    path
}

fn open(file: &Arc<Memory>) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::over(file.clone(), key_file())
}

fn body(data: &[u8]) {
    let_the_engine_panic();
    let file = Arc::new(Memory::new(data));
    let store = match open(&file) {
        Ok(store) => store,
        Err(error) => {
            let refused = [
                ApplyCode::StoreDamaged,
                ApplyCode::StoreFormat,
                ApplyCode::StoreKey,
            ];
            assert!(refused.contains(&error.code()), "{error}");
            assert!(file.bytes() == data, "a refused store has changed: {error}");
            return;
        }
    };
    let before = read(&store);
    drop(store);
    let store = open(&file).expect("a store that was opened opens again");
    assert_eq!(read(&store), before);
    apply(&store);
    drop(store);
    match open(&file) {
        Ok(store) => drop(read(&store)),
        // Damage that was there before may have grown.
        Err(error) => assert!(!before.1.is_empty(), "a write damaged the store: {error}"),
    }
}

/// Reads everything; the keys of the installations, and all damage.
fn read(store: &EmbeddedStore) -> (Vec<InstallKey>, Vec<String>) {
    let snapshot = store.read().expect("a verified store begins");
    let (mut keys, mut damage) = (Vec::new(), Vec::new());
    let listed = snapshot.list_installs(None, &mut |record| {
        keys.push(record.key());
        Ok(())
    });
    note(listed, &mut damage);
    for key in &keys {
        note(Contents::read(&*snapshot, key), &mut damage);
        note(view(&*snapshot, key), &mut damage);
    }
    note(snapshot.list_operations(None, &mut |_| Ok(())), &mut damage);
    note(snapshot.revision(), &mut damage);
    let problems = verify(&*snapshot).expect("damage is a problem, not an error");
    assert!(
        damage.is_empty() || !problems.is_empty(),
        "verify does not find this: {damage:?}"
    );
    damage.extend(problems.iter().map(ToString::to_string));
    (keys, damage)
}

/// Notes an error; other errors than damage are none that bytes may cause.
fn note<T>(result: Result<T, StoreError>, damage: &mut Vec<String>) {
    if let Err(error) = result {
        let known = [ApplyCode::StoreDamaged, ApplyCode::StoreKey];
        assert!(known.contains(&error.code()), "{error}");
        damage.push(error.to_string());
    }
}

/// Applies a small plan; damage may refuse it, and then nothing is committed.
fn apply(store: &EmbeddedStore) {
    let plan = json!({
        "config_patch": {"room": "blue"},
        "webhook_ops": [{"op": "register", "id": "w", "url": "https://a.invalid/x"}],
    });
    let request = Request {
        install: InstallKey {
            tenant: TenantContext::default(),
            provider_id: "p".into(),
            install_id: "i".into(),
        },
        mode: ProvisionMode::Install,
        pack: PackIdentity {
            digest: "sha256:00".into(),
            name: "fuzz".into(),
            version: "1.0.0".into(),
        },
        plan: serde_json::from_value(plan).expect("a plan"),
        writes: Vec::new(),
        secrets: BTreeMap::new(),
    };
    if Applier::commit(store, &request).is_ok() {
        let again = Applier::commit(store, &request).expect("applies again");
        assert!(!again.changed, "a second apply changed something");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store_file::seeds;
    use std::collections::BTreeSet;

    /// Why the store is refused, if it is.
    fn refusal(bytes: &[u8]) -> Option<String> {
        let opened = open(&Arc::new(Memory::new(bytes)));
        opened.err().map(|error| error.to_string())
    }

    #[test]
    fn seeds_are_stores_that_open_with_the_key() {
        let seeds = seeds();
        assert!(seeds.len() >= 4, "{} seeds", seeds.len());
        let mut installs = 0;
        for seed in &seeds {
            assert!(seed.len() <= MOST);
            let store = open(&Arc::new(Memory::new(seed))).expect("opens");
            let (keys, damage) = read(&store);
            assert_eq!(damage, Vec::<String>::new());
            installs += keys.len();
        }
        assert!(installs >= 2, "{installs} installations");
    }

    #[test]
    fn changed_rows_are_reached_behind_right_checksums() {
        let (mut opened, mut unsound) = (0, 0);
        for seed in seeds() {
            for number in 0..60 {
                let Some(changed) = crate::store_rows::change(&seed, MOST, number) else {
                    continue;
                };
                assert_ne!(changed, seed);
                if let Ok(store) = open(&Arc::new(Memory::new(&changed))) {
                    opened += 1;
                    unsound += usize::from(!read(&store).1.is_empty());
                }
                body(&changed);
            }
        }
        assert!(
            opened > 60 && unsound > 20,
            "{opened} opened, {unsound} unsound"
        );
    }

    #[test]
    fn changed_pages_are_opened_or_refused_and_many_are_verified() {
        let (mut verified, mut reasons) = (0, BTreeSet::new());
        for seed in seeds() {
            for number in 0..80 {
                let changed =
                    crate::store_pages::change(&seed, usize::MAX, number).expect("changes");
                body(&changed);
                match refusal(&changed) {
                    None => verified += 1,
                    Some(reason) => drop(reasons.insert(reason)),
                }
            }
        }
        assert!(verified > 50, "{verified} verified");
        assert!(reasons.len() > 5, "{reasons:?}");
    }
}
