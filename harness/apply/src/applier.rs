//! The applier: carries a plan out in a transaction.

use crate::diff::{ChangeKind, Diff, Part};
use crate::error::ApplyError;
use crate::operation::Operation;
use crate::outbox;
use crate::record::InstallRecord;
use crate::request::Request;
use crate::store::{Store, Transaction};
use crate::work::Work;
use provision_core::wizard::ProvisionMode;
use serde::Serialize;

/// Carries plans out.
#[derive(Debug, Clone, Copy, Default)]
pub struct Applier;

/// What an apply did. It holds no value of a secret.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Applied {
    /// Install, update or delete.
    pub mode: ProvisionMode,
    /// Whether anything changed. A second application of a plan changes nothing.
    pub changed: bool,
    /// Keys of config that were set or removed.
    pub config_changes: Vec<String>,
    /// Keys of secrets that were set.
    pub secret_set_keys: Vec<String>,
    /// Keys of secrets that were deleted.
    pub secret_deleted_keys: Vec<String>,
    /// Operations that entered the outbox.
    pub operations: Vec<Operation>,
    /// Ids of operations that left the outbox: cancelled or forgotten.
    pub dropped: Vec<String>,
    /// All changes.
    pub diff: Diff,
    /// The record of the installation; `None` after a delete.
    pub install_record: Option<InstallRecord>,
}

impl Applier {
    /// What `request` would change.
    ///
    /// # Errors
    /// Those of [`Applier::apply`].
    pub fn preview(tx: &dyn Transaction, request: &Request) -> Result<Diff, ApplyError> {
        Ok(Work::compute(tx, request)?.diff)
    }

    /// Carries `request` out in `tx`, which the caller commits. Everything that can be
    /// refused is refused before the first write; after an error of the store, the
    /// caller drops the transaction.
    ///
    /// # Errors
    /// If a secret has no value or the plan shows one, there is nothing to update or delete, the mode changes
    /// nothing, or the store cannot be used.
    pub fn apply(tx: &mut dyn Transaction, request: &Request) -> Result<Applied, ApplyError> {
        let work = Work::compute(&*tx, request)?;
        let changed = !work.is_empty();
        if changed {
            work.write(tx, &request.install)?;
        }
        let keys = |part, kinds: &[ChangeKind]| {
            let found = kinds.iter().flat_map(|&kind| work.diff.keys(part, kind));
            let mut found: Vec<String> = found.collect();
            found.sort();
            found
        };
        use ChangeKind::{Added, Changed, Removed};
        let queued = |operation: &Operation| work.queue.put.iter().any(|q| q.id == operation.id);
        let mut operations = outbox::of_install(&*tx, &request.install)?;
        operations.retain(|operation| changed && queued(operation));
        Ok(Applied {
            mode: request.mode,
            changed,
            config_changes: keys(Part::Config, &[Added, Changed, Removed]),
            secret_set_keys: keys(Part::Secret, &[Added, Changed]),
            secret_deleted_keys: keys(Part::Secret, &[Removed]),
            operations,
            dropped: work.queue.drop.iter().cloned().collect(),
            install_record: work.record.clone(),
            diff: work.diff,
        })
    }

    /// Applies `request` to `store` in a transaction of its own.
    ///
    /// # Errors
    /// Those of [`Applier::apply`]; then the store is as it was.
    pub fn commit(store: &dyn Store, request: &Request) -> Result<Applied, ApplyError> {
        let mut tx = store.begin()?;
        let applied = Self::apply(&mut *tx, request)?;
        tx.commit()?;
        Ok(applied)
    }
}
