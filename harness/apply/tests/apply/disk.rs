//! A disk in memory that loses power: it knows which writes were synced, and fails at
//! the operation that a test names.

use provision_apply::embedded::StorageBackend;
use provision_core::rng::Rng;
use std::io::{Error, ErrorKind};
use std::sync::{Arc, Mutex};

#[derive(Debug, Clone)]
enum Pending {
    Write(usize, Vec<u8>),
    Len(usize),
}

#[derive(Debug, Default)]
struct State {
    /// What reads see.
    bytes: Vec<u8>,
    /// What the last sync made durable.
    synced: Vec<u8>,
    pending: Vec<Pending>,
    operations: u64,
    fail_at: Option<(u64, Fault)>,
}

/// How an operation fails, and all after it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Fault {
    /// Nothing is written.
    Full,
    /// The first half of a write is written.
    Short,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Disk(Arc<Mutex<State>>);

impl Disk {
    pub(crate) fn new(bytes: Vec<u8>) -> Self {
        let state = State {
            synced: bytes.clone(),
            bytes,
            ..State::default()
        };
        Self(Arc::new(Mutex::new(state)))
    }

    pub(crate) fn failing_at(bytes: Vec<u8>, operation: u64, fault: Fault) -> Self {
        let disk = Self::new(bytes);
        disk.0.lock().expect("no panic").fail_at = Some((operation, fault));
        disk
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        self.0.lock().expect("no panic").bytes.clone()
    }

    /// Writes, syncs and changes of the length so far.
    pub(crate) fn operations(&self) -> u64 {
        self.0.lock().expect("no panic").operations
    }

    /// What may be on the disk after the power is lost: nothing that was not synced,
    /// or seeded selections of it.
    pub(crate) fn after_power_loss(&self, seed: u64) -> Vec<Vec<u8>> {
        let state = self.0.lock().expect("no panic");
        let mut rng = Rng::new(seed);
        let mut found = vec![state.synced.clone()];
        for _ in 0..2 {
            let mut bytes = state.synced.clone();
            for pending in &state.pending {
                if rng.below(2) == 0 {
                    change(&mut bytes, pending);
                }
            }
            found.push(bytes);
        }
        found
    }

    fn change(&self, pending: Pending) -> Result<(), Error> {
        let mut state = self.0.lock().expect("no panic");
        state.operations += 1;
        let now = state.operations;
        let fault = state.fail_at.filter(|(at, _)| now >= *at);
        let pending = match (fault, pending) {
            (None, pending) => pending,
            (Some((at, Fault::Short)), Pending::Write(offset, data)) if at == now => {
                Pending::Write(offset, data[..data.len() / 2].to_vec())
            }
            (Some(_), _) => return Err(full()),
        };
        change(&mut state.bytes, &pending);
        state.pending.push(pending);
        fault.map_or(Ok(()), |_| Err(full()))
    }
}

fn full() -> Error {
    Error::new(ErrorKind::StorageFull, "no space left on device")
}

fn change(bytes: &mut Vec<u8>, pending: &Pending) {
    match pending {
        Pending::Len(len) => bytes.resize(*len, 0),
        Pending::Write(offset, data) => {
            if bytes.len() < offset + data.len() {
                bytes.resize(offset + data.len(), 0);
            }
            bytes[*offset..offset + data.len()].copy_from_slice(data);
        }
    }
}

impl StorageBackend for Disk {
    fn len(&self) -> Result<u64, Error> {
        Ok(self.0.lock().expect("no panic").bytes.len() as u64)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), Error> {
        let state = self.0.lock().expect("no panic");
        let offset = usize::try_from(offset).expect("fits");
        let found = state.bytes.get(offset..offset + out.len());
        out.copy_from_slice(found.ok_or(ErrorKind::UnexpectedEof)?);
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), Error> {
        self.change(Pending::Len(usize::try_from(len).expect("fits")))
    }

    fn sync_data(&self) -> Result<(), Error> {
        let mut state = self.0.lock().expect("no panic");
        state.operations += 1;
        if state.fail_at.is_some_and(|(at, _)| state.operations >= at) {
            return Err(full());
        }
        state.synced = state.bytes.clone();
        state.pending.clear();
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), Error> {
        let offset = usize::try_from(offset).expect("fits");
        self.change(Pending::Write(offset, data.to_vec()))
    }
}
