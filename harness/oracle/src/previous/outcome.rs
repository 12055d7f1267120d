//! [`Previous`]: what was observed of a pack and of the release before it, as plain data.

use super::losses::Loss;
use crate::comparison::Comparison;
use provision_apply::ApplyError;
use provision_core::Finding;
use provision_core::wizard::{RunBy, WizardRun};
use std::collections::{BTreeMap, BTreeSet};

/// The release before the one that is judged.
#[derive(Debug)]
pub enum Previous {
    /// There is none, for this reason.
    None(String),
    /// The harness cannot find out what it is, or cannot open it, for this reason.
    Unknown(String),
    /// The way to it is broken: a registry, or the machine.
    Error(Finding),
    /// Its version is higher than that of the pack: both, the older release first.
    Lower {
        /// The version of the release before.
        old: String,
        /// The version of the pack.
        new: String,
    },
    /// It was compared.
    Compared(Box<Compared>),
}

/// A pack that was compared with the release before it.
#[derive(Debug)]
pub struct Compared {
    /// What differs.
    pub comparison: Comparison,
    /// What each setup of the release before installs, and what the pack makes of it.
    pub upgrades: Vec<Transition>,
    /// What each setup of the pack installs, and what the release before makes of it;
    /// `None` if only the way forward is wanted.
    pub downgrades: Option<Vec<Transition>>,
    /// The secrets that the wizards of both releases received, by key.
    pub secrets: BTreeMap<String, String>,
}

/// A wizard that takes an installation over, or takes it back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taker {
    /// Its name.
    pub name: String,
    /// Who runs it.
    pub run_by: RunBy,
}

/// An installation of one release that another release takes over.
#[derive(Debug)]
pub struct Transition {
    /// The setup wizard that makes the installation.
    pub setup: String,
    /// The update wizard of the other release that belongs to the same setup.
    pub update: Option<Taker>,
    /// The remove wizard of the other release that belongs to the same setup.
    pub remove: Option<Taker>,
    /// What the other release makes of the installation, or why there is none.
    pub taken: Result<Taken, String>,
}

/// What a release makes of an installation of another one.
#[derive(Debug, Default)]
pub struct Taken {
    /// The run of the update wizard; `None` if there is none.
    pub updated: Option<WizardRun>,
    /// What the update loses, if its plan can be carried out.
    pub lost: Option<Result<Vec<Loss>, ApplyError>>,
    /// The run of the remove wizard on what the update leaves; `None` if there is none, or
    /// if the update did not complete.
    pub removed: Option<WizardRun>,
    /// What the removal leaves of the installation, as JSON pointers, if its plan can be
    /// carried out.
    pub left: Option<Result<BTreeSet<String>, ApplyError>>,
}
