//! [`Done`]: what `pack fix` did, for its reports.

use provision_core::Status;
use provision_core::pack::digest;
use provision_core::text::inert;
use provision_oracle::CheckResult;
use provision_oracle::fix::{Fixed, MANIFESTS, Regression};

/// What the command did.
pub(super) struct Done<'d> {
    /// IN, escaped.
    pub(super) from: String,
    /// OUT, escaped.
    pub(super) to: String,
    /// Whether the user asked that nothing is written.
    pub(super) dry_run: bool,
    pub(super) fixed: &'d Fixed,
    /// Digest of IN.
    pub(super) before: String,
    /// The results of the archive that would be written.
    pub(super) after: &'d [CheckResult],
    /// The checks that passed before and do not pass after.
    pub(super) lost: Vec<Regression>,
}

impl Done<'_> {
    /// Digest of OUT.
    pub(super) fn out_digest(&self) -> String {
        digest(&self.fixed.bytes)
    }

    /// Whether OUT is written.
    pub(super) fn is_written(&self) -> bool {
        self.lost.is_empty() && !self.dry_run
    }

    /// Whether the user decided which manifest is right, so that lost checks may follow
    /// from the decision.
    pub(super) fn is_decided(&self) -> bool {
        let mut changes = self.fixed.changes.iter();
        changes.any(|change| change.fix == MANIFESTS)
    }

    /// The results that fail after all changes.
    pub(super) fn failing(&self) -> impl Iterator<Item = &CheckResult> {
        self.after.iter().filter(|r| r.status >= Status::Failed)
    }
}

/// The codes of the findings of `result`, each once, in their order.
pub(super) fn codes(result: &CheckResult) -> Vec<String> {
    let mut codes: Vec<String> = Vec::new();
    for finding in &result.findings {
        let code = inert(finding.code.as_str(), 80);
        if !codes.contains(&code) {
            codes.push(code);
        }
    }
    codes
}
