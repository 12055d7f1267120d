//! Reads the bytes of a recording, and hashes them as they pass.

use provision_core::text::hex;
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// A reader that hashes what it reads, and remembers why it failed: a parser gives the error
/// of its source only as text.
pub(super) struct HashingReader<R> {
    inner: R,
    hash: Sha256,
    bytes: u64,
    failure: Option<ReadFailure>,
}

/// Why the bytes cannot be read.
#[derive(Debug, Clone)]
pub(super) struct ReadFailure(pub(super) String);

impl<R: Read> HashingReader<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            bytes: 0,
            failure: None,
        }
    }

    pub(super) fn count(&self) -> u64 {
        self.bytes
    }

    pub(super) fn failure(&mut self) -> Option<ReadFailure> {
        self.failure.take()
    }

    /// The digest in hex; empty unless the bytes were read `whole`.
    pub(super) fn digest(self, whole: bool) -> String {
        match whole {
            true => hex(&self.hash.finalize()),
            false => String::new(),
        }
    }
}

impl<R: Read> Read for HashingReader<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer).inspect_err(|e| {
            if e.kind() != io::ErrorKind::Interrupted {
                self.failure = Some(ReadFailure(e.to_string()));
            }
        })?;
        self.hash.update(buffer.get(..count).unwrap_or_default());
        self.bytes += count as u64;
        Ok(count)
    }
}
