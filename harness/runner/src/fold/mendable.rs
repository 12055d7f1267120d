//! [`Mendable`]: how many findings of a run `pack fix` mends.

use super::run::PackRun;
use provision_core::Status;
use provision_core::text::counted;
use provision_oracle::fix::fix_for;

/// Counts of findings of failed checks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mendable {
    /// All of them.
    pub findings: usize,
    /// Those that `pack fix` mends.
    pub mended: usize,
}

impl Mendable {
    /// The findings of one pack.
    #[must_use]
    pub fn of(pack: &PackRun) -> Self {
        let failed = pack.checks.iter().filter(|c| c.status == Status::Failed);
        let is_archive = is_archive(pack);
        let mut counted = Self::default();
        for check in failed {
            let mends = |finding: &&_| is_archive && fix_for(&check.check, finding).is_some();
            counted.findings += check.findings.len();
            counted.mended += check.findings.iter().filter(mends).count();
        }
        counted
    }

    pub(super) fn add(&mut self, other: Self) {
        self.findings += other.findings;
        self.mended += other.mended;
    }

    /// What the user can do; `None` if no finding can be mended.
    #[must_use]
    pub fn advice(&self) -> Option<String> {
        let Self { findings, mended } = self;
        let findings = counted(*findings, "finding", "findings");
        (*mended > 0).then(|| format!("{mended} of {findings} can be fixed by: {COMMAND}"))
    }
}

const COMMAND: &str = "greentic-provision pack fix IN OUT";

/// Whether the pack was judged as an archive, which is what the command takes.
fn is_archive(pack: &PackRun) -> bool {
    let Some(finished) = &pack.finished else {
        return false;
    };
    let mut readable = pack.checks.iter().filter(|c| c.check == "archive.readable");
    let is_folder = readable.any(|c| c.status == Status::NotApplicable);
    finished.registry.is_some() || (finished.path.ends_with(".gtpack") && !is_folder)
}
