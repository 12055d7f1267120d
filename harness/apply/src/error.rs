//! Why a plan is not applied, and why a store cannot be used.

use crate::key::InstallKey;
use provision_core::FindingCode;
use provision_core::codes::ApplyCode;
use provision_core::text::inert;
use std::path::PathBuf;

/// Why a store cannot be used. No variant holds the value of a secret.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The machine refused to read or write.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried, for example `create`.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the machine says.
        source: std::io::Error,
    },
    /// The store's engine cannot write.
    #[error("cannot write the store: {reason}; free some space or mend the disk, then apply again")]
    Write {
        /// What the engine says.
        reason: String,
    },
    /// The store has bytes that the harness did not write.
    #[error(
        "the store is damaged at {place}: {reason}; restore it from a backup, or move it away to begin with an empty one"
    )]
    Damaged {
        /// Where: a file, or a table and a key.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// Another version of the harness wrote the store.
    #[error(
        "the store has format {found}, and this version reads format {known} alone; use the version of the harness that wrote it"
    )]
    Format {
        /// The format of the store.
        found: String,
        /// The format that this version writes.
        known: u32,
    },
    /// The key that decrypts secrets is missing or is another one.
    #[error("the key of the store, {}: {reason}", path.display())]
    Key {
        /// The file that should hold the key.
        path: PathBuf,
        /// What is wrong, and what to do.
        reason: String,
    },
}

impl StoreError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> ApplyCode {
        match self {
            Self::Io { .. } | Self::Write { .. } => ApplyCode::StoreIo,
            Self::Damaged { .. } => ApplyCode::StoreDamaged,
            Self::Format { .. } if cfg!(planted_bug = "store_bytes") => ApplyCode::StoreIo,
            Self::Format { .. } => ApplyCode::StoreFormat,
            Self::Key { .. } => ApplyCode::StoreKey,
        }
    }

    pub(crate) fn damaged(place: impl Into<String>, reason: impl Into<String>) -> Self {
        Self::Damaged {
            place: place.into(),
            reason: reason.into(),
        }
    }
}

/// Why a plan is not applied. The transaction has to be dropped, not committed.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// The plan sets secrets whose values nobody gave.
    #[error(
        "the plan sets {}, and neither a guest nor an answer to a secret question gave a value; answer the question of that name, or set the secret from the wizard's apply step",
        names(keys)
    )]
    SecretUnresolved {
        /// The keys, as the plan spells them.
        keys: Vec<String>,
    },
    /// The pack or the store changed since the plan was saved.
    #[error(
        "the plan is stale: {what} is {actual}, and was {expected} when the plan was saved; make a new plan"
    )]
    Stale {
        /// What changed.
        what: &'static str,
        /// What the plan states.
        expected: String,
        /// What there is.
        actual: String,
    },
    /// A saved plan cannot be read.
    #[error("the saved plan cannot be read: {reason}; make a new plan")]
    PlanUnreadable {
        /// Why.
        reason: String,
    },
    /// A plan shows a secret outside of the secret store.
    #[error(
        "the plan shows the value of the secret {} at {at}, so that it is neither applied nor saved; mend the pack",
        names(std::slice::from_ref(key))
    )]
    SecretShown {
        /// The key of the secret.
        key: String,
        /// The JSON pointer at which the plan shows it.
        at: String,
    },
    /// There is nothing to update or to delete.
    #[error("there is no {install}; list the installations to see what there is")]
    NotInstalled {
        /// The key that was asked for.
        install: Box<InstallKey>,
    },
    /// The mode changes nothing.
    #[error("the mode `{mode}` cannot be applied; use install, update or delete")]
    Mode {
        /// The mode's name.
        mode: &'static str,
    },
    /// The host's layout has no place for something of an installation.
    #[error("{install} cannot be exported: {reason}")]
    Export {
        /// The installation.
        install: Box<InstallKey>,
        /// Why, and what to do.
        reason: String,
    },
    /// The outbox has no such operation, or not in that state.
    #[error("the outbox has no operation `{}` that is {expected}", inert(id, 80))]
    Operation {
        /// The operation's id.
        id: String,
        /// The state that the change needs.
        expected: &'static str,
    },
    /// The store cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApplyError {
    /// The stable code, for reports and `explain`; `None` for a wrong call.
    #[must_use]
    pub fn code(&self) -> Option<FindingCode> {
        let code = match self {
            Self::SecretUnresolved { .. } => ApplyCode::SecretUnresolved,
            Self::Stale { .. } => ApplyCode::PlanStale,
            Self::PlanUnreadable { .. } => ApplyCode::PlanUnreadable,
            Self::SecretShown { .. } => {
                return Some(provision_core::codes::CheckCode::SecretShown.into());
            }
            Self::NotInstalled { .. } => ApplyCode::NotInstalled,
            Self::Operation { .. } => ApplyCode::OperationUnknown,
            Self::Store(error) => error.code(),
            Self::Mode { .. } | Self::Export { .. } => return None,
        };
        Some(code.into())
    }

    /// Whether the machine or the store is at fault, not the request or the pack.
    #[must_use]
    pub fn is_store(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

fn names(keys: &[String]) -> String {
    let quoted: Vec<String> = keys.iter().map(|k| format!("`{}`", inert(k, 80))).collect();
    quoted.join(", ")
}
