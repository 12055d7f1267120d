//! Mends what a machine can mend in a pack, and says what it cannot.
//!
//! Each fix is data plus one function from files to changes. No fix touches components,
//! flows or plans, and none guesses: what needs a decision stays as it is without one.
//!
//! Some changes follow from others: the SBOM and the form of the archive follow the
//! files, and a signature is removed once the bytes that it signs have changed.

mod change;
mod document;
mod facts;
mod lock;
mod manifests;
mod outcome;
mod residue;
mod sbom;
mod table;
mod texts;

pub use change::{Change, Files, Hunk, Left};
pub use facts::Facts;
pub use manifests::MANIFESTS;
pub use outcome::{Regression, regressions};
pub use table::{FIXES, Fix, Mends, fix_for};

use change::Outcome;
use provision_core::archive::{Archive, ArchiveError, Difference, differences, write};
use provision_core::integrity::{sbom as documents, signature};
use provision_core::limits::ArchiveLimits;
use provision_core::manifest;
use provision_core::text::counted;
use std::collections::BTreeSet;
use std::sync::Arc;
use table::{CANONICAL, FORM, Work};

/// The check of the signature.
pub const SIGNATURE: &str = "integrity.signature";

/// The fixes that the user asks for, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Wanted {
    /// All.
    All,
    /// These.
    Only(BTreeSet<&'static str>),
}

impl Wanted {
    fn has(&self, fix: &Fix) -> bool {
        match self {
            Self::All => true,
            Self::Only(names) => names.contains(fix.name),
        }
    }
}

/// A pack after its fixes.
#[derive(Debug)]
pub struct Fixed {
    /// The archive: that of the input if nothing has to change.
    pub bytes: Vec<u8>,
    /// What was changed, in the order of the fixes.
    pub changes: Vec<Change>,
    /// What was not mended, sorted.
    pub left: Vec<Left>,
    /// Whether the signature was removed, because it was for other bytes.
    pub signature_removed: bool,
}

/// The manifests of the pack that disagree, of which the author has to name the right
/// one; none if they agree.
#[must_use]
pub fn disagreeing_manifests(files: &Files, depth: usize) -> Vec<&'static str> {
    manifests::disagreeing(files, depth)
}

/// The files of `archive`.
#[must_use]
pub fn files(archive: &Archive) -> Files {
    let read = |name: &str| archive.read(name).unwrap_or_default().into();
    let names = archive.names();
    names.map(|name| (name.to_owned(), read(name))).collect()
}

/// Runs the fixes that are wanted.
///
/// # Errors
/// [`ArchiveError`] if the archive would exceed a bound.
pub fn fix(
    archive: &Archive,
    facts: &Facts,
    wanted: &Wanted,
    limits: &ArchiveLimits,
) -> Result<Fixed, ArchiveError> {
    let original = files(archive);
    let mut files = original.clone();
    let mut done = Outcome::default();
    let mut add = |files: &mut Files, outcome: Outcome| {
        outcome.apply(files);
        done.changes.extend(outcome.changes);
        done.left.extend(outcome.left);
    };
    // The SBOM has to follow all other files, the signature among them.
    let (sboms, others): (Vec<&Fix>, Vec<&Fix>) =
        FIXES.iter().partition(|fix| fix.name == sbom::SBOM);
    for fix in others.into_iter().filter(|fix| wanted.has(fix)) {
        if let Work::Files(work) = fix.work {
            let outcome = work(&files, facts);
            add(&mut files, outcome);
        }
    }
    let listed = |files: &Files| {
        if sboms.iter().any(|fix| wanted.has(fix)) {
            sbom::mend(files, facts)
        } else if *files == original {
            Outcome::default()
        } else {
            sbom::follow(files, facts)
        }
    };
    let unsigned = unsigned(&original, &files, &listed(&files));
    let signature_removed = unsigned.is_some();
    if let Some(outcome) = unsigned {
        add(&mut files, outcome);
    }
    let outcome = listed(&files);
    add(&mut files, outcome);
    if cfg!(planted_bug = "pack_fix") {
        files.retain(|name, _| !name.ends_with(".wat"));
    }
    let differences = differences(archive);
    let canonical = FIXES
        .iter()
        .any(|fix| fix.name == CANONICAL && wanted.has(fix));
    let is_same = files == original;
    let bytes = if is_same && (differences.is_empty() || !canonical) {
        archive.bytes().to_vec()
    } else {
        done.changes.extend(form(&differences));
        write(&files, limits)?
    };
    done.left.sort();
    Ok(Fixed {
        bytes,
        changes: done.changes,
        left: done.left,
        signature_removed,
    })
}

/// The change of the archive's form, if it is not canonical.
fn form(differences: &[Difference]) -> Option<Change> {
    let hunk = |difference: &Difference| {
        let Difference {
            what,
            offsets,
            entry,
        } = difference;
        let at = format!(
            "{}, first entry `{entry}`",
            counted(offsets.len(), "record", "records")
        );
        Hunk::new(&at, Some(what), None)
    };
    (!differences.is_empty()).then(|| Change {
        fix: CANONICAL,
        check: FORM,
        file: "the archive".into(),
        hunks: differences.iter().map(hunk).collect(),
    })
}

/// Removes the signature if the bytes that it signs change: those of the manifest and of
/// the SBOM, with what `listed` makes of the latter.
fn unsigned(original: &Files, files: &Files, listed: &Outcome) -> Option<Outcome> {
    let names = [signature::SIGNATURE_FILE, signature::CHAIN_FILE];
    let present = names.iter().filter_map(|name| {
        let (name, bytes) = files.get_key_value(*name)?;
        Some((name.as_str(), bytes.as_ref()))
    });
    let present: Vec<(&str, &[u8])> = present.collect();
    let mut after = files.clone();
    listed.apply(&mut after);
    let is_void = signed(original) != signed(&after);
    (is_void && !present.is_empty()).then(|| {
        let mut outcome = Outcome::default();
        outcome.remove("signature", SIGNATURE, "signatures", &present);
        outcome
    })
}

/// The manifest and the SBOM that a signature is over, with their names.
fn signed(files: &Files) -> Vec<(&String, &Arc<[u8]>)> {
    let first = |names: &[&str]| names.iter().find_map(|name| files.get_key_value(*name));
    // NB: the signature covers the binary manifest, even if there are others.
    let manifest = first(&["manifest.cbor"]).or_else(|| first(&manifest::FILE_NAMES));
    let both = [manifest, first(&documents::FILE_NAMES)];
    both.into_iter().flatten().collect()
}
