//! The commands `plan`, `apply` and `installs`: they set installations up in a store,
//! change them and take them back.

mod apply;
mod export;
mod flags;
mod installs;
mod phase;
mod plan;
mod proposal;
mod resume;

pub(super) use apply::{Args as ApplyArgs, run as apply};
pub(super) use installs::{InstallsCommand, run as installs};
pub(super) use plan::{Args as PlanArgs, run as plan};

use crate::exit::Error;
use provision_apply::{ChangeKind, Diff, InstallKey};
use std::path::Path;

/// Keeps the secrets of users, which the process is about to hold, out of core dumps.
fn hold_secrets() -> Result<(), Error> {
    let refused = |e| Error::io("forbid", Path::new("core dumps"), e);
    provision_worker::forbid_core_dumps().map_err(refused)
}

/// The changes as text, with a line that counts them.
fn shown(install: &InstallKey, diff: &Diff) -> String {
    let count = |kind| diff.changes.iter().filter(|c| c.kind == kind).count();
    let counts = [
        (count(ChangeKind::Added), "added"),
        (count(ChangeKind::Changed), "changed"),
        (count(ChangeKind::Removed), "removed"),
    ];
    let counts = counts.map(|(n, word)| format!("{n} {word}")).join(", ");
    format!("{install}: {counts}\n{diff}")
}
