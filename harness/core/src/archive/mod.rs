//! A strict reader of zip archives held in memory.
//!
//! The file is walked once from its first byte: local records, then the
//! directory in the same order, then the end record, then nothing. Every byte
//! belongs to exactly one of them, and directory and local records must say
//! the same, so that a reader that starts at either end sees the same files.
//! Source of the layout: PKWARE APPNOTE.TXT 6.3.10, sections 4.3 and 4.4.

mod error;
mod extra;
mod inflate;
pub mod names;
mod record;
mod walk;

pub use error::{ArchiveError, Rule};

use crate::limits::ArchiveLimits;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

/// One entry of an archive that was walked.
#[derive(Debug, Clone)]
pub(crate) struct Entry {
    pub(crate) name: String,
    pub(crate) method: Method,
    pub(crate) crc: u32,
    /// Where the (compressed) data stands in the file.
    pub(crate) data: Range<usize>,
    /// Inflated size in bytes.
    pub(crate) size: u32,
}

/// How an entry's data is packed. Nothing else is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Method {
    Stored,
    Deflate,
}

/// An archive whose structure, names, sizes and checksums were all verified.
///
/// The bytes are kept as they came; an entry is inflated when it is read.
#[derive(Debug)]
pub struct Archive {
    bytes: Vec<u8>,
    files: BTreeMap<String, Entry>,
}

impl Archive {
    /// Walks and verifies `bytes`, inflating each entry once to check it.
    ///
    /// # Errors
    /// The first violation by offset, as an [`ArchiveError`].
    pub fn open(bytes: Vec<u8>, limits: &ArchiveLimits) -> Result<Self, ArchiveError> {
        let entries = walk::walk(&bytes, limits)?;
        for entry in &entries {
            inflate::verify(&bytes, entry)?;
        }
        let files = entries
            .into_iter()
            .filter(|e| !e.name.ends_with('/'))
            .map(|e| (e.name.clone(), e))
            .collect();
        Ok(Self { bytes, files })
    }

    /// Names of the files, sorted; directories are left out.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// Inflated size of the file `name`, in bytes.
    #[must_use]
    pub fn size(&self, name: &str) -> Option<u64> {
        self.files.get(name).map(|e| u64::from(e.size))
    }

    /// The contents of the file `name`.
    #[must_use]
    pub fn read(&self, name: &str) -> Option<Cow<'_, [u8]>> {
        let entry = self.files.get(name)?;
        // `open` inflated these very bytes, so this cannot fail a second time.
        inflate::read(&self.bytes, entry).ok()
    }

    /// The archive file as it came.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}
