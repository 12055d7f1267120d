//! The file of a store in memory, and panics of the database engine on it.

use provision_apply::embedded::{StorageBackend, is_engine_called};
use std::cell::Cell;
use std::io::{Error, ErrorKind};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Bytes that a store may grow to; a real disk ends, too.
const DISK: usize = 16 << 20;
thread_local! {
    static MAY_PANIC: Cell<bool> = const { Cell::new(false) };
}

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

/// Lets the store turn a panic of the database engine into an error: libFuzzer's hook
/// ends the process at every panic, also at one that is caught.
pub(crate) fn let_the_engine_panic() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if !is_engine_called() && !MAY_PANIC.get() {
                others(info);
            }
        }));
    });
}

/// What `call` returns; `None` if the engine panics, as it may on an input that the store
/// refuses.
pub(crate) fn unless_it_panics<T>(call: impl FnOnce() -> Option<T>) -> Option<T> {
    let_the_engine_panic();
    MAY_PANIC.set(true);
    let result = catch_unwind(AssertUnwindSafe(call));
    MAY_PANIC.set(false);
    result.ok().flatten()
}

/// The stores in `corpus/seeds/store_bytes`.
#[cfg(test)]
pub(crate) fn seeds() -> Vec<Vec<u8>> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = std::fs::read_dir(folder.join("../../corpus/seeds/store_bytes"));
    let files = files.expect("seeds");
    files
        .map(|file| std::fs::read(file.expect("a seed").path()).expect("reads"))
        .collect()
}
