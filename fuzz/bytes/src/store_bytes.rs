//! Hostile bytes as the file of a store: they are opened and read, or refused and left
//! as they were.

use crate::target::{Attacker, Target};
use provision_apply::embedded::{EmbeddedStore, StorageBackend, is_engine_called};
use provision_apply::{
    Applier, Contents, InstallKey, PackIdentity, Request, Store, StoreError, verify, view,
};
use provision_core::codes::ApplyCode;
use provision_core::wizard::{ProvisionMode, TenantContext};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::{Error, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub(crate) const TARGET: Target = Target {
    name: "store_bytes",
    attacker: Attacker::Store,
    boundary: "opening, verifying, reading and writing the store in a file",
    oracle: "the store is opened, or refused with the code of damage, format or key and not one byte changed; what is opened can be read, verified and applied to; it opens again with the same records",
    max_len: MOST,
    choices: None,
    body,
    show: crate::as_text,
    mutator: Some(change),
};

/// Bytes of the longest input. A store with an installation has 20 pages.
const MOST: usize = 96 * 1024;
/// Bytes that a store may grow to; a real disk ends, too.
const DISK: usize = 16 << 20;
/// The key of the stores in `corpus/seeds/store_bytes`. It decrypts nothing else.
const KEY: &str = include_str!("store_bytes.age");

/// A file in memory.
#[derive(Debug)]
pub(crate) struct Memory(Mutex<Vec<u8>>);

impl Memory {
    pub(crate) fn new(bytes: &[u8]) -> Self {
        Self(Mutex::new(bytes.to_vec()))
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.with(|bytes| bytes.clone())
    }

    fn with<T>(&self, then: impl FnOnce(&mut Vec<u8>) -> T) -> T {
        then(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Changes rows or pages, with right checksums.
fn change(data: &[u8], most: usize, seed: u32) -> Option<Vec<u8>> {
    match seed % 2 {
        0 => crate::store_rows::change(data, most, seed / 2),
        _ => crate::store_pages::change(data, most, seed / 2),
    }
}

fn end(offset: u64, len: usize) -> Result<usize, Error> {
    let end = usize::try_from(offset)
        .ok()
        .and_then(|o| o.checked_add(len));
    let end = end.filter(|end| *end <= DISK);
    end.ok_or_else(|| Error::new(ErrorKind::StorageFull, "no space left on device"))
}

impl StorageBackend for Memory {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.with(|bytes| bytes.len() as u64))
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let end = end(offset, out.len()).map_err(|_| ErrorKind::UnexpectedEof)?;
        self.with(|bytes| {
            let found = bytes.get(end - out.len()..end);
            out.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
            Ok(())
        })
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        let len = end(len, 0)?;
        self.with(|bytes| bytes.resize(len, 0));
        Ok(())
    }

    fn sync_data(&self) -> Result<(), Error> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let end = end(offset, data.len())?;
        self.with(|bytes| {
            if bytes.len() < end {
                bytes.resize(end, 0);
            }
            bytes[end - data.len()..end].copy_from_slice(data);
        });
        Ok(())
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

/// Lets the store turn a panic of the database engine into an error: libFuzzer's hook
/// ends the process at every panic, also at one that is caught.
pub(crate) fn let_the_engine_panic() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !is_engine_called() && !crate::store_rows::runs() {
                others(info);
            }
        }));
    });
}

fn open(file: &Arc<Memory>) -> Result<EmbeddedStore, StoreError> {
    EmbeddedStore::over(file.clone(), key_file())
}

pub(crate) fn body(data: &[u8]) {
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
    read(&open(&file).expect("a store that was written opens again"));
}

/// Reads everything; the keys of the installations, and whether nothing is damaged.
fn read(store: &EmbeddedStore) -> (Vec<InstallKey>, bool) {
    let snapshot = store.read().expect("a verified store begins");
    let mut keys = Vec::new();
    let listed = snapshot.list_installs(None, &mut |record| {
        keys.push(record.key());
        Ok(())
    });
    let mut sound = damaged_at_most(listed);
    for key in &keys {
        sound &= damaged_at_most(Contents::read(&*snapshot, key));
        sound &= damaged_at_most(view(&*snapshot, key));
    }
    sound &= damaged_at_most(snapshot.list_operations(None, &mut |_| Ok(())));
    sound &= damaged_at_most(snapshot.revision());
    let problems = verify(&*snapshot);
    if let Ok(problems) = &problems
        && !sound
    {
        assert!(!problems.is_empty(), "damage that verify does not find");
    }
    (keys, damaged_at_most(problems) && sound)
}

/// Whether there is no error; other errors than damage are none that bytes may cause.
fn damaged_at_most<T>(result: Result<T, StoreError>) -> bool {
    let Err(error) = result else {
        return true;
    };
    let known = [ApplyCode::StoreDamaged, ApplyCode::StoreKey];
    assert!(known.contains(&error.code()), "{error}");
    false
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
pub(crate) mod tests {
    use super::*;
    use std::fs;

    pub(crate) fn seeds() -> Vec<Vec<u8>> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../corpus/seeds/store_bytes");
        let files = fs::read_dir(folder).expect("seeds");
        files
            .map(|file| fs::read(file.expect("a seed").path()).expect("reads"))
            .collect()
    }

    /// Why the store is refused, if it is.
    pub(crate) fn refusal(bytes: &[u8]) -> Option<String> {
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
            let (keys, sound) = read(&store);
            assert!(sound);
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
                    unsound += usize::from(!read(&store).1);
                }
                body(&changed);
            }
        }
        assert!(
            opened > 60 && unsound > 20,
            "{opened} opened, {unsound} unsound"
        );
    }
}
