//! Reads the bytes of a recording: hashes them and guards the parser as they pass.

use super::guard::{Guard, Refusal};
use provision_core::Finding;
use provision_core::codes::RecordedCode;
use provision_core::text::{hex, inert};
use sha2::{Digest, Sha256};
use std::io::{self, Read};

/// A reader that hashes what it reads, and remembers why it failed: a parser gives the error
/// of its source only as text.
pub(super) struct Source<R> {
    inner: R,
    hash: Sha256,
    guard: Guard,
    bytes: u64,
    /// What the guard refuses after the bytes that passed.
    refused: Option<Refusal>,
    failure: Option<Failure>,
}

/// Why the bytes cannot be read.
#[derive(Debug, Clone)]
enum Failure {
    Machine(String),
    Refused(u64, Refusal),
}

impl<R: Read> Source<R> {
    pub(super) fn new(inner: R) -> Self {
        Self {
            inner,
            hash: Sha256::new(),
            guard: Guard::default(),
            bytes: 0,
            refused: None,
            failure: None,
        }
    }

    /// The number of bytes that passed.
    pub(super) fn count(&self) -> u64 {
        self.bytes
    }

    /// Why the bytes cannot be read, if that is so.
    pub(super) fn failure(&self) -> Option<Finding> {
        match self.failure.as_ref()? {
            Failure::Machine(why) => Some(unread(why)),
            Failure::Refused(at, refusal) => {
                let code = match refusal {
                    Refusal::Utf8 => RecordedCode::Json,
                    Refusal::Nesting | Refusal::Text | Refusal::Literal => RecordedCode::Bound,
                };
                let at = format!("byte {at}");
                let found = match refusal {
                    Refusal::Utf8 => "bytes that are not UTF-8",
                    Refusal::Nesting | Refusal::Text | Refusal::Literal => "more",
                };
                Some(Finding::new(code, at, refusal.expected(), found))
            }
        }
    }

    /// The digest in hex; empty unless the bytes were read `whole`.
    pub(super) fn digest(self, whole: bool) -> String {
        if whole {
            hex(&self.hash.finalize())
        } else {
            String::new()
        }
    }

    fn fail(&mut self, failure: Failure) -> io::Error {
        self.failure = Some(failure);
        io::Error::other("the recording cannot be read on")
    }
}

/// The finding for a recording that the machine cannot read.
pub(super) fn unread(why: &str) -> Finding {
    let expected = "a file that can be read to its end";
    Finding::new(RecordedCode::Unread, "the file", expected, inert(why, 300))
}

impl<R: Read> Read for Source<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        // NB: the parser looks for another document after an error, and gets the same one.
        if let Some(failure) = self.failure.clone() {
            return Err(self.fail(failure));
        }
        if let Some(refusal) = self.refused {
            let at = self.bytes;
            return Err(self.fail(Failure::Refused(at, refusal)));
        }
        let count = match self.inner.read(buffer) {
            Ok(count) => count,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Err(e),
            Err(e) => return Err(self.fail(Failure::Machine(e.to_string()))),
        };
        let read = buffer.get(..count).unwrap_or_default();
        if read.is_empty() && !buffer.is_empty() && self.guard.is_cut_off() {
            let at = self.bytes;
            return Err(self.fail(Failure::Refused(at, Refusal::Utf8)));
        }
        let passed = match self.guard.pass(read) {
            Ok(()) => count,
            Err((passed, refusal)) => {
                self.refused = Some(refusal);
                passed
            }
        };
        self.hash.update(buffer.get(..passed).unwrap_or_default());
        self.bytes += passed as u64;
        match (passed, self.refused) {
            // NB: no bytes would be the end of the file.
            (0, Some(refusal)) => {
                let at = self.bytes;
                Err(self.fail(Failure::Refused(at, refusal)))
            }
            _ => Ok(passed),
        }
    }
}
