//! [`Fix`]: the table of fixes, in the order in which they run.

use super::change::{Files, Outcome};
use super::facts::Facts;
use super::{lock, manifests, residue, sbom, texts};
use crate::checks::integrity::lock::{DESCRIBES_ITSELF, FROM_REGISTRY, UNDECODABLE};
use provision_core::Finding;
use provision_core::codes::CheckCode;

/// One row of the table.
#[derive(Debug)]
pub struct Fix {
    /// Stable name, for `--only`.
    pub name: &'static str,
    /// What it does, in a sentence.
    pub about: &'static str,
    /// The findings that it mends.
    pub mends: &'static [Mends],
    pub(super) work: Work,
}

/// Findings that a fix mends.
#[derive(Debug)]
pub struct Mends {
    /// The check.
    pub check: &'static str,
    /// The code of the findings.
    pub code: CheckCode,
    /// Which findings of this code.
    which: Which,
}

/// Which findings of a code a fix mends.
#[derive(Debug, Clone, Copy)]
enum Which {
    All,
    /// Those on the lock.
    OfLock,
    /// Those on components that the lock takes from no registry.
    Local,
    /// Those on components whose description the pack tools decode, with the id in the
    /// lock.
    Described,
}

/// What a fix works on.
#[derive(Debug, Clone, Copy)]
pub(super) enum Work {
    /// The files.
    Files(fn(&Files, &Facts) -> Outcome),
    /// The archive.
    Archive,
}

/// The name of the fix of the archive's form.
pub(super) const CANONICAL: &str = "canonical";
/// The check of the archive's form.
pub(super) const FORM: &str = "archive.canonical";

const fn all(check: &'static str, code: CheckCode) -> Mends {
    Mends {
        check,
        code,
        which: Which::All,
    }
}

const fn some(check: &'static str, code: CheckCode, which: Which) -> Mends {
    Mends { check, code, which }
}

/// The fixes, in the order in which they run: the manifests first, the archive last.
pub const FIXES: [Fix; 8] = [
    Fix {
        name: manifests::MANIFESTS,
        about: "manifests that disagree get the id, the version and the entry flows of the one that --manifest names",
        mends: &[all("manifest.unambiguous", CheckCode::ManifestDisagrees)],
        work: Work::Files(manifests::agree),
    },
    Fix {
        name: lock::DIGESTS,
        about: "digests in the lock become those of the components in the pack",
        mends: &[some("integrity.lock", CheckCode::LockDigest, Which::Local)],
        work: Work::Files(lock::digests),
    },
    Fix {
        name: lock::ROWS,
        about: "operations and hashes in the lock become those that the components describe",
        mends: &[some(
            "integrity.lock-current",
            CheckCode::LockStale,
            Which::Described,
        )],
        work: Work::Files(lock::rows),
    },
    Fix {
        name: lock::PATHS,
        about: "paths of the build machine in the lock become names of files in the pack",
        mends: &[some(
            "hygiene.no-local-paths",
            CheckCode::LocalPath,
            Which::OfLock,
        )],
        work: Work::Files(lock::paths),
    },
    Fix {
        name: texts::TEXTS,
        about: "lists the keys that the English catalogue lacks; adds those that another English catalogue of the pack has",
        // Most keys have no text anywhere, so that nothing is promised.
        mends: &[],
        work: Work::Files(texts::add),
    },
    Fix {
        name: residue::RESIDUE,
        about: "removes what tools left behind and no file of the pack names",
        mends: &[all("hygiene.no-residue", CheckCode::BuildResidue)],
        work: Work::Files(residue::remove),
    },
    Fix {
        name: sbom::SBOM,
        about: "rows of the SBOM become those of the files; a pack without an SBOM gets one",
        mends: &[
            all("integrity.sbom-decodes", CheckCode::SbomDecode),
            all("integrity.sbom-decodes", CheckCode::SbomAmbiguous),
            all("integrity.sbom", CheckCode::SbomMissing),
            all("integrity.sbom", CheckCode::SbomDecode),
            all("integrity.sbom", CheckCode::SbomAmbiguous),
            all("integrity.sbom", CheckCode::SbomPath),
            all("integrity.sbom", CheckCode::SbomDuplicate),
            all("integrity.sbom", CheckCode::SbomNoFile),
            all("integrity.sbom", CheckCode::SbomSize),
            all("integrity.sbom", CheckCode::SbomDigest),
            all("integrity.sbom", CheckCode::SbomUnlisted),
        ],
        work: Work::Files(sbom::mend),
    },
    Fix {
        name: CANONICAL,
        about: "the archive gets its canonical form: order, times, modes",
        mends: &[all(FORM, CheckCode::NotCanonical)],
        work: Work::Archive,
    },
];

impl Mends {
    fn has(&self, check: &str, finding: &Finding) -> bool {
        let is_one = match self.which {
            Which::All => true,
            Which::OfLock => finding.at.starts_with("`pack.lock."),
            Which::Local => !finding.expected.ends_with(FROM_REGISTRY),
            Which::Described => {
                let actual = &finding.actual;
                !actual.starts_with(DESCRIBES_ITSELF) && !actual.ends_with(UNDECODABLE)
            }
        };
        is_one && self.check == check && finding.code == self.code.into()
    }
}

/// The fix that mends `finding` of `check`, if there is one.
#[must_use]
pub fn fix_for(check: &str, finding: &Finding) -> Option<&'static Fix> {
    let mends = |fix: &&Fix| fix.mends.iter().any(|mends| mends.has(check, finding));
    FIXES.iter().find(mends)
}
