//! [`Change`]: what a fix changes in one file, and what it leaves.

use provision_core::text::{counted, inert};
use std::collections::BTreeMap;
use std::sync::Arc;

/// The files of a pack, by name. They are shared: a pack may have 256 MiB of them.
pub type Files = BTreeMap<String, Arc<[u8]>>;

/// Characters of an old or a new text, at most.
const TEXT: usize = 400;
/// Characters of a place, at most.
const PLACE: usize = 300;

/// One place of a file, before and after. All texts are escaped and cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hunk {
    /// The place: a JSON pointer, a row, a record.
    pub at: String,
    /// What was there; `None` if nothing was.
    pub old: Option<String>,
    /// What is there now; `None` if nothing is.
    pub new: Option<String>,
}

impl Hunk {
    /// A hunk of texts that may come from a pack.
    pub(super) fn new(at: &str, old: Option<&str>, new: Option<&str>) -> Self {
        let shown = |text: &str| inert(text, TEXT);
        Self {
            at: inert(at, PLACE),
            old: old.map(shown),
            new: new.map(shown),
        }
    }
}

/// What a fix changes in one file, for one check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The name of the fix.
    pub fix: &'static str,
    /// The check that it mends, or that makes it necessary.
    pub check: &'static str,
    /// The file, escaped and cut; `the archive` for the form of the archive.
    pub file: String,
    /// The places.
    pub hunks: Vec<Hunk>,
}

/// What a fix does not mend although it is about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Left {
    /// The name of the fix.
    pub fix: &'static str,
    /// The check.
    pub check: &'static str,
    /// The place, escaped and cut.
    pub place: String,
    /// Why not, and what to do.
    pub why: String,
}

impl Left {
    /// A place that may come from a pack.
    pub(super) fn new(
        fix: &'static str,
        check: &'static str,
        place: &str,
        why: impl Into<String>,
    ) -> Self {
        let place = inert(place, PLACE);
        let why = why.into();
        Self {
            fix,
            check,
            place,
            why,
        }
    }
}

/// What a fix makes of the files of a pack.
#[derive(Debug, Default)]
pub(super) struct Outcome {
    /// The changes, for people.
    pub(super) changes: Vec<Change>,
    /// The files that change; `None` for one that is removed.
    pub(super) writes: BTreeMap<String, Option<Arc<[u8]>>>,
    /// What it leaves.
    pub(super) left: Vec<Left>,
}

impl Outcome {
    /// Carries the changes out.
    pub(super) fn apply(&self, files: &mut Files) {
        for (name, bytes) in &self.writes {
            match bytes {
                Some(bytes) => drop(files.insert(name.clone(), Arc::clone(bytes))),
                None => drop(files.remove(name)),
            }
        }
    }

    /// Replaces the contents of `file`.
    pub(super) fn write(
        &mut self,
        fix: &'static str,
        check: &'static str,
        file: &str,
        bytes: Vec<u8>,
        hunks: Vec<Hunk>,
    ) {
        self.changes.push(Change {
            fix,
            check,
            file: inert(file, PLACE),
            hunks,
        });
        self.writes.insert(file.to_owned(), Some(bytes.into()));
    }

    /// Removes files, which are shown as one change of `place`.
    pub(super) fn remove(
        &mut self,
        fix: &'static str,
        check: &'static str,
        place: &str,
        removed: &[(&str, &[u8])],
    ) {
        let hunk = |(name, bytes): &(&str, &[u8])| {
            let digest = provision_core::pack::digest(bytes);
            let old = format!(
                "{}, SHA-256 {digest}",
                counted(bytes.len(), "byte", "bytes")
            );
            Hunk::new(name, Some(&old), None)
        };
        self.changes.push(Change {
            fix,
            check,
            file: inert(place, PLACE),
            hunks: removed.iter().map(hunk).collect(),
        });
        let names = removed.iter().map(|(name, _)| (*name).to_owned());
        self.writes.extend(names.map(|name| (name, None)));
    }
}
