//! Landlock: denies the file system, ports, and signals to other processes.

use super::mechanism::Mechanism;
use landlock::{
    ABI, Access, AccessFs, AccessNet, CompatLevel, Compatible, Ruleset, RulesetAttr, RulesetStatus,
    Scope,
};
use std::io;

pub(super) const FILES: Mechanism = Mechanism {
    name: "Landlock",
    against: "files, ports, and signals to other processes, by any system call",
};

/// Denies all of them to this thread and to the threads that it starts.
pub(super) fn deny_all() -> io::Result<()> {
    let newest = ABI::V6;
    let restricted = Ruleset::default()
        // The kernel must support the rules for files. The newer rules apply
        // only if the kernel has them.
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
