//! Opens an archive: scans it, applies the rules, inflates each entry.

use super::entry::Entry;
use super::error::{ArchiveError, Rule, Violation};
use super::raw::RawArchive;
use super::{descriptors, inflate, rules};
use crate::limits::ArchiveLimits;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// An archive whose structure, names, sizes and checksums were all verified.
///
/// It keeps the bytes unchanged and inflates an entry on each read.
#[derive(Debug)]
pub struct Archive {
    pub(super) bytes: Arc<Vec<u8>>,
    pub(super) files: BTreeMap<String, Entry>,
}

impl Archive {
    /// Scans and verifies `bytes`, inflating each entry once to check it.
    ///
    /// # Errors
    /// [`ArchiveError`] lists the violations; the first by offset decides.
    pub fn open(
        bytes: impl Into<Arc<Vec<u8>>>,
        limits: &ArchiveLimits,
    ) -> Result<Self, ArchiveError> {
        Self::open_and_visit(bytes, limits, |_, _| {})
    }

    /// Like [`Archive::open`], and calls `look` with the name and the contents of
    /// each file, which `open` inflates in any case. The caller must discard what
    /// `look` saw if the archive is refused.
    ///
    /// # Errors
    /// See [`Archive::open`].
    pub fn open_and_visit(
        bytes: impl Into<Arc<Vec<u8>>>,
        limits: &ArchiveLimits,
        look: impl FnMut(&str, &[u8]),
    ) -> Result<Self, ArchiveError> {
        let bytes = bytes.into();
        let entries = verify(&bytes, limits, look)?;
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
        // `open` inflated the same bytes without an error.
        inflate::read(&self.bytes, entry).ok()
    }

    /// The archive file, unchanged.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }
}

fn verify(
    bytes: &[u8],
    limits: &ArchiveLimits,
    mut look: impl FnMut(&str, &[u8]),
) -> Result<Vec<Entry>, ArchiveError> {
    if bytes.len() as u64 > limits.archive_bytes {
        let detail = format!("{} bytes, bound {}", bytes.len(), limits.archive_bytes);
        return Err(Violation::new(Rule::Size, 0, detail).into());
    }
    let mut raw = RawArchive::scan(bytes, limits.entries);
    let mut found = std::mem::take(&mut raw.violations);
    found.extend(rules::violations(&raw, limits));
    found = descriptors::together(&raw, found);
    let entries = rules::entries(&raw);
    // An archive that exceeds a bound is not inflated, because that could be costly.
    if !found.iter().any(|v| v.rule.is_bound()) {
        let mut buffer = Vec::new();
        for entry in &entries {
            match inflate::verify(bytes, entry, &mut buffer) {
                Ok(contents) if found.is_empty() => look(&entry.name, contents),
                Ok(_) => {}
                Err(violation) => found.push(violation),
            }
        }
    }
    match ArchiveError::of(found) {
        Some(error) => Err(error),
        None => Ok(entries),
    }
}
