//! The calls into redb, and what its errors mean.

use crate::error::StoreError;
use redb::{Builder, Database, StorageBackend};
use std::cell::Cell;
use std::fs::File;
use std::io::{Error as IoError, ErrorKind};
use std::ops::Deref;
use std::os::unix::fs::FileExt;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

/// The format that this version writes, and the only one that it reads.
pub(super) const FORMAT: u32 = 1;
/// The key of the format in the meta table.
pub(super) const META_FORMAT: &[u8] = b"format";
/// The key of the age recipient in the meta table.
pub(super) const META_RECIPIENT: &[u8] = b"recipient";
/// How errors call the store's file where its path is not known.
pub(super) const FILE: &str = "store.redb";
/// How much of the file redb keeps in memory.
const CACHE_BYTES: usize = 16 << 20;

thread_local! {
    static CALLED: Cell<bool> = const { Cell::new(false) };
}

/// Whether this thread is in a call of the database engine, where a panic becomes an
/// error. A program that sets a panic hook asks, so that the hook says nothing then.
#[must_use]
pub fn is_engine_called() -> bool {
    CALLED.get()
}

/// Runs `call`, the only place where this crate calls redb. redb verifies the
/// checksums of all pages when a store is opened, but a file whose bytes were made to
/// have the right checksums may still make it panic: that is damage, too.
pub(super) fn guarded<T>(call: impl FnOnce() -> Result<T, redb::Error>) -> Result<T, StoreError> {
    let outer = CALLED.replace(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    CALLED.set(outer);
    match result {
        Ok(result) => result.map_err(meaning),
        Err(_) => Err(damaged("the database engine panicked on its bytes")),
    }
}

/// A database or a transaction. Its end calls redb, too: it writes where the free pages
/// are, or takes back what was written.
#[derive(Debug)]
pub(super) struct Guarded<T>(Option<T>);

impl<T> Guarded<T> {
    pub(super) fn new(value: T) -> Self {
        Self(Some(value))
    }

    /// Ends it by `end`.
    pub(super) fn end(
        mut self,
        end: impl FnOnce(T) -> Result<(), redb::Error>,
    ) -> Result<(), StoreError> {
        match self.0.take() {
            Some(value) => guarded(|| end(value)),
            None => Ok(()),
        }
    }
}

impl<T> Deref for Guarded<T> {
    type Target = T;

    #[expect(clippy::expect_used, reason = "only its end takes the value out")]
    fn deref(&self) -> &T {
        self.0.as_ref().expect("has not ended")
    }
}

impl<T> Drop for Guarded<T> {
    fn drop(&mut self) {
        // What was committed is durable, and the next opening repairs the rest.
        if let Some(value) = self.0.take() {
            let _ = guarded(|| {
                drop(value);
                Ok(())
            });
        }
    }
}

/// Opens a database and verifies every page.
pub(super) fn open_verified(backend: impl StorageBackend) -> Result<Guarded<Database>, StoreError> {
    refuse_empty(&backend)?;
    guarded(|| {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES);
        builder.set_check_integrity_on_open(true);
        Ok(Guarded::new(builder.create_with_backend(backend)?))
    })
}

/// Makes a database in an empty file.
pub(super) fn create(backend: impl StorageBackend) -> Result<Guarded<Database>, StoreError> {
    guarded(|| {
        let mut builder = Builder::new();
        builder.set_cache_size(CACHE_BYTES);
        Ok(Guarded::new(builder.create_with_backend(backend)?))
    })
}

/// NB: redb makes a new database of an empty file, which hides the loss of the old one.
fn refuse_empty(backend: &impl StorageBackend) -> Result<(), StoreError> {
    match backend.len() {
        Ok(0) => Err(damaged("it is empty")),
        Ok(_) => Ok(()),
        Err(error) => Err(meaning(error.into())),
    }
}

fn damaged(reason: &str) -> StoreError {
    StoreError::damaged(FILE, reason)
}

fn meaning(error: redb::Error) -> StoreError {
    match error {
        redb::Error::UpgradeRequired(version) => StoreError::Format {
            found: format!("{version} of redb"),
            known: FORMAT,
        },
        // What redb says when the file ends early, or is no database.
        redb::Error::Io(error)
            if matches!(
                error.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::InvalidData
            ) =>
        {
            damaged(&error.to_string())
        }
        error @ (redb::Error::Corrupted(_)
        | redb::Error::RepairAborted
        | redb::Error::TableTypeMismatch { .. }
        | redb::Error::TableIsMultimap(_)
        | redb::Error::TypeDefinitionChanged { .. }
        | redb::Error::TableDoesNotExist(_)) => damaged(&error.to_string()),
        error => StoreError::Write {
            reason: error.to_string(),
        },
    }
}

/// A file as redb's storage. The store that opens it holds the lock of the folder.
#[derive(Debug)]
pub(super) struct Disk(File);

impl Disk {
    pub(super) fn new(file: File) -> Self {
        Self(file)
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, IoError> {
        Ok(self.0.metadata()?.len())
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), IoError> {
        self.0.read_exact_at(out, offset)
    }

    fn set_len(&self, len: u64) -> Result<(), IoError> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), IoError> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), IoError> {
        self.0.write_all_at(data, offset)
    }
}

/// A backend that an overlay and a database use one after the other.
#[derive(Debug)]
pub struct SharedBackend(pub Arc<dyn StorageBackend>);

impl StorageBackend for SharedBackend {
    fn len(&self) -> Result<u64, IoError> {
        self.0.len()
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), IoError> {
        self.0.read(offset, out)
    }

    fn set_len(&self, len: u64) -> Result<(), IoError> {
        self.0.set_len(len)
    }

    fn sync_data(&self) -> Result<(), IoError> {
        self.0.sync_data()
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), IoError> {
        self.0.write(offset, data)
    }
}
