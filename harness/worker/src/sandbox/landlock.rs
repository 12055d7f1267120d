//! Landlock: nothing of the file system, no ports, no signals to others.

use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use std::io;

pub(super) const FILES: (&str, &str) = (
    "Landlock",
    "files, ports, and signals to other processes, by any way",
);

/// Forbids all of it to this thread and to those that it starts.
pub(super) fn none() -> io::Result<()> {
    let newest = ABI::V6;
    let restricted = Ruleset::default()
        // Files at least; what newer kernels know besides is taken as it comes.
        .set_compatibility(CompatLevel::HardRequirement)
        .handle_access(AccessFs::from_all(ABI::V1))
        .and_then(|rules| {
            rules
                .set_compatibility(CompatLevel::BestEffort)
                .handle_access(AccessFs::from_all(newest))
        })
        .and_then(|rules| rules.handle_access(AccessNet::from_all(newest)))
        .and_then(|rules| rules.scope(Scope::from_all(newest)))
        .and_then(|rules| rules.create())
        .and_then(|rules| rules.restrict_self())
        .map_err(|e| io::Error::other(e.to_string()))?;
    match restricted.ruleset {
        RulesetStatus::NotEnforced => Err(io::Error::other("the kernel does not enforce it")),
        RulesetStatus::FullyEnforced | RulesetStatus::PartiallyEnforced => Ok(()),
    }
}
