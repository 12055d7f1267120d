//! The store in a file: a redb database in a private folder, with secrets encrypted by
//! age.
//!
//! ```text
//! FOLDER (0700)
//! ├── lock         each process with an open store locks it: shared to read, else exclusive
//! ├── key.age      the age identity that decrypts secrets (0600), unless named elsewhere
//! └── store.redb   everything else (0600)
//! ```
//!
//! A store is opened in two steps. The first reads the whole file through an overlay
//! that keeps writes in memory and lets redb verify every page; a reader stays there. A
//! writer then opens the file itself, in the same way. So a damaged file is refused and
//! left untouched.

mod engine;
mod folder;
mod identity;
mod overlay;
mod rows;

use crate::error::StoreError;
use crate::store::{Snapshot, Store, Transaction};
use crate::tables::{META_ID, Table, TableTransaction, Tables};
use engine::{Disk, FORMAT, Guarded, META_FORMAT, META_RECIPIENT, guarded};
pub use engine::{SharedBackend, is_engine_called};
use folder::Folder;
use identity::Sealer;
use overlay::Overlay;
pub use redb::StorageBackend;
use redb::{Database, ReadableDatabase};
use rows::{ReadRows, WriteRows};
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How to open a store.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The file with the age identity; without it, `key.age` in the store's folder.
    pub key: Option<PathBuf>,
    /// Called with the path of the lock, once, if another process has the store open
    /// and this one waits for it.
    pub waiting: Option<fn(&Path)>,
}

/// Whether the store may be written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    Write,
    Read,
}

/// A store in a file. While it is open for writing, no other process has it open.
#[derive(Debug)]
pub struct EmbeddedStore {
    // NB: fields are dropped in this order: the database is closed under the lock.
    database: Guarded<Database>,
    sealer: Sealer,
    access: Access,
    _lock: Option<File>,
}

impl EmbeddedStore {
    /// Opens the store in `folder` for writing, and creates what is missing. Blocks
    /// while another process has it open.
    ///
    /// # Errors
    /// If the machine refuses, the folder or the key is not private, the file is
    /// damaged or of another format, or the key is another store's. The file is then as
    /// it was.
    pub fn open(folder: &Path, options: &Options) -> Result<Self, StoreError> {
        let folder = Folder::create(folder)?;
        let lock = folder.lock(options.waiting)?;
        let sealer = if folder.store().exists() {
            Sealer::read(&folder.key(options.key.as_deref()))?
        } else {
            let sealer = Sealer::read_or_create(&folder.key(options.key.as_deref()))?;
            folder.create_store(|file| initialise(file, &sealer))?;
            sealer
        };
        let disk = Arc::new(Disk::new(folder.open_store(true)?));
        Self::verified(disk, sealer, Access::Write, Some(lock))
            .map_err(|error| at_path(error, &folder.store()))
    }

    /// Opens the store in `folder` for reading, next to other readers. Blocks while
    /// another process writes. Writes nothing, also where a process died while writing.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`], and if there is no store.
    pub fn open_read(folder: &Path, options: &Options) -> Result<Self, StoreError> {
        let folder = Folder::existing(folder)?;
        let lock = folder.lock_shared(options.waiting)?;
        let file = folder.open_store(false)?;
        let sealer = Sealer::read(&folder.key(options.key.as_deref()))?;
        Self::verified(Arc::new(Disk::new(file)), sealer, Access::Read, Some(lock))
            .map_err(|error| at_path(error, &folder.store()))
    }

    /// Opens the store that `backend` holds, with the age identity in the file `key`.
    /// The caller sees to it that nobody else writes to it.
    ///
    /// # Errors
    /// As [`EmbeddedStore::open`].
    pub fn over(backend: Arc<dyn StorageBackend>, key: &Path) -> Result<Self, StoreError> {
        let sealer = Sealer::read(key)?;
        Self::verified(backend, sealer, Access::Write, None)
    }

    fn verified(
        backend: Arc<dyn StorageBackend>,
        sealer: Sealer,
        access: Access,
        lock: Option<File>,
    ) -> Result<Self, StoreError> {
        let probe = engine::open_verified(Overlay::new(backend.clone())?)?;
        check_meta(&probe, &sealer)?;
        let database = match access {
            Access::Read => probe,
            Access::Write => {
                probe.end(|probe| Ok(probe.close()?))?;
                // NB: verified once more. Another opening reads from the file which pages
                // are free, and a wrong list behind right checksums makes it write over
                // pages in use; this one finds them by itself.
                engine::open_verified(engine::SharedBackend(backend))?
            }
        };
        Ok(Self {
            database,
            sealer,
            access,
            _lock: lock,
        })
    }
}

impl Store for EmbeddedStore {
    fn begin(&self) -> Result<Box<dyn Transaction + '_>, StoreError> {
        if self.access == Access::Read {
            let reason = "it is open for reading alone".to_owned();
            return Err(StoreError::Write { reason });
        }
        let transaction = guarded(|| Ok(self.database.begin_write()?))?;
        let rows = WriteRows::new(transaction, &self.sealer);
        Ok(Box::new(TableTransaction::new(rows)))
    }

    fn read(&self) -> Result<Snapshot<'_>, StoreError> {
        let transaction = guarded(|| Ok(self.database.begin_read()?))?;
        let rows = ReadRows::new(transaction, &self.sealer);
        Ok(Snapshot::new(Box::new(TableTransaction::new(rows))))
    }
}

/// Names the path of a damaged file.
fn at_path(error: StoreError, path: &Path) -> StoreError {
    let path = path.display();
    match error {
        StoreError::Damaged { place, reason } if place == engine::FILE => {
            StoreError::damaged(path.to_string(), reason)
        }
        StoreError::Damaged { place, reason } => {
            StoreError::damaged(format!("{path}, {place}"), reason)
        }
        error => error,
    }
}

/// Writes an empty store to a new file.
fn initialise(file: File, sealer: &Sealer) -> Result<(), StoreError> {
    let database = engine::create(engine::SharedBackend(Arc::new(Disk::new(file))))?;
    let transaction = guarded(|| Ok(database.begin_write()?))?;
    let mut rows = WriteRows::new(transaction, sealer);
    rows.create_tables()?;
    rows.put(Table::Meta, META_FORMAT, &FORMAT.to_be_bytes())?;
    rows.put(Table::Meta, META_RECIPIENT, sealer.recipient().as_bytes())?;
    rows.put(Table::Meta, META_ID, identity::new_id().as_bytes())?;
    rows.commit()?;
    database.end(|database| Ok(database.close()?))
}

/// Refuses a store of another format, without one of the tables, or of another key.
fn check_meta(database: &Database, sealer: &Sealer) -> Result<(), StoreError> {
    let transaction = guarded(|| Ok(database.begin_read()?))?;
    let rows = ReadRows::new(transaction, sealer);
    rows.scan(Table::Meta, &[], &mut |_, _| Ok(()))?;
    let format = rows.get(Table::Meta, META_FORMAT)?;
    if format.as_deref() != Some(&FORMAT.to_be_bytes()) {
        let found = match format.as_deref().map(<[u8; 4]>::try_from) {
            Some(Ok(bytes)) => u32::from_be_bytes(bytes).to_string(),
            Some(Err(_)) | None => "no number".to_owned(),
        };
        return Err(StoreError::Format {
            found,
            known: FORMAT,
        });
    }
    for table in Table::ALL {
        // Refuses a store in which it is missing, or is of another type.
        rows.get(table, &[])?;
    }
    let recipient = rows.get(Table::Meta, META_RECIPIENT)?.unwrap_or_default();
    sealer.check_recipient(&String::from_utf8_lossy(&recipient))
}
