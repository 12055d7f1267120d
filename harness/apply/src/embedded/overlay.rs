//! A backend that reads through to another one and keeps writes in memory, so that
//! redb can repair and verify what it opens without touching it.

use crate::error::StoreError;
use redb::StorageBackend;
use std::collections::BTreeMap;
use std::io::{Error as IoError, ErrorKind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PAGE: u64 = 4096;

/// The backend below, and the pages that were written.
#[derive(Debug)]
pub(super) struct Overlay {
    below: Arc<dyn StorageBackend>,
    state: Mutex<State>,
}

struct State {
    /// The length as redb sees it.
    len: u64,
    /// Up to where the backend below shows through.
    shows: u64,
    pages: BTreeMap<u64, Vec<u8>>,
}

impl std::fmt::Debug for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes, {} pages written", self.len, self.pages.len())
    }
}

impl Overlay {
    pub(super) fn new(below: Arc<dyn StorageBackend>) -> Result<Self, StoreError> {
        let len = below.len().map_err(|source| StoreError::Io {
            action: "read the length of",
            path: "store.redb".into(),
            source,
        })?;
        let state = State {
            len,
            shows: len,
            pages: BTreeMap::new(),
        };
        Ok(Self {
            below,
            state: Mutex::new(state),
        })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fills `out` from the backend below, with zeros from where it ends.
    fn read_below(&self, shows: u64, offset: u64, out: &mut [u8]) -> Result<(), IoError> {
        out.fill(0);
        let there = shows.saturating_sub(offset).min(out.len() as u64);
        let there = usize::try_from(there).unwrap_or(out.len());
        match out.get_mut(..there) {
            Some(out) if !out.is_empty() => self.below.read(offset, out),
            _ => Ok(()),
        }
    }
}

/// The pages that `offset..offset + len` touches: number, place in the page, place in
/// the range, length.
fn pieces(offset: u64, len: usize) -> impl Iterator<Item = (u64, usize, usize, usize)> {
    let mut done = 0_usize;
    std::iter::from_fn(move || {
        if done >= len {
            return None;
        }
        let at = offset + done as u64;
        let inside = at % PAGE;
        let size = usize::try_from(PAGE - inside).ok()?.min(len - done);
        let piece = (at / PAGE, usize::try_from(inside).ok()?, done, size);
        done += size;
        Some(piece)
    })
}

impl StorageBackend for Overlay {
    fn len(&self) -> Result<u64, IoError> {
        Ok(self.state().len)
    }

    fn read(&self, offset: u64, out: &mut [u8]) -> Result<(), IoError> {
        let state = self.state();
        let end = offset.checked_add(out.len() as u64);
        if end.is_none_or(|end| end > state.len) {
            let message = "the file ends before a page that it refers to";
            return Err(IoError::new(ErrorKind::UnexpectedEof, message));
        }
        self.read_below(state.shows, offset, out)?;
        for (page, inside, place, size) in pieces(offset, out.len()) {
            let written = state.pages.get(&page);
            let written = written.and_then(|bytes| bytes.get(inside..inside + size));
            if let (Some(bytes), Some(out)) = (written, out.get_mut(place..place + size)) {
                out.copy_from_slice(bytes);
            }
        }
        Ok(())
    }

    fn set_len(&self, len: u64) -> Result<(), IoError> {
        let mut state = self.state();
        if len < state.len {
            state.pages.split_off(&len.div_ceil(PAGE));
            let inside = usize::try_from(len % PAGE).unwrap_or(0);
            if let Some(last) = state.pages.get_mut(&(len / PAGE)) {
                last.iter_mut().skip(inside).for_each(|byte| *byte = 0);
            }
        }
        state.len = len;
        state.shows = state.shows.min(len);
        Ok(())
    }

    fn sync_data(&self) -> Result<(), IoError> {
        Ok(())
    }

    fn write(&self, offset: u64, data: &[u8]) -> Result<(), IoError> {
        let mut state = self.state();
        let shows = state.shows;
        for (page, inside, place, size) in pieces(offset, data.len()) {
            let bytes = match state.pages.remove(&page) {
                Some(bytes) => bytes,
                None => {
                    let mut bytes = vec![0; usize::try_from(PAGE).unwrap_or_default()];
                    self.read_below(shows, page * PAGE, &mut bytes)?;
                    bytes
                }
            };
            let mut bytes = bytes;
            if let (Some(to), Some(from)) = (
                bytes.get_mut(inside..inside + size),
                data.get(place..place + size),
            ) {
                to.copy_from_slice(from);
            }
            state.pages.insert(page, bytes);
        }
        state.len = state.len.max(offset.saturating_add(data.len() as u64));
        Ok(())
    }
}
