//! How a host carries operations out: it takes one, acts, and reports. A host that
//! dies in between leaves the operation taken, and asks the outside what happened
//! before it reports. Removing what is not there counts as done.

use crate::error::{ApplyError, StoreError};
use crate::key::InstallKey;
use crate::operation::{Operation, OperationKind, OperationState};
use crate::store::Transaction;
use std::collections::BTreeMap;

/// Takes the first pending operation, by sequence. An operation waits for earlier ones
/// on the same target that are not reported yet; `None` if nothing can be taken.
///
/// # Errors
/// If the store cannot be used.
pub fn take(tx: &mut dyn Transaction) -> Result<Option<Operation>, StoreError> {
    let mut open: BTreeMap<u64, Operation> = BTreeMap::new();
    tx.list_operations(None, &mut |operation| {
        if operation.is_open() {
            open.insert(operation.sequence, operation);
        }
        Ok(())
    })?;
    let mut busy: Vec<(InstallKey, OperationKind, String)> = Vec::new();
    for mut operation in open.into_values() {
        let target = (
            operation.install.clone(),
            operation.kind,
            operation.target.clone(),
        );
        if operation.state == OperationState::Pending && !busy.contains(&target) {
            operation.state = OperationState::Taken;
            tx.put_operation(&operation)?;
            return Ok(Some(operation));
        }
        busy.push(target);
    }
    Ok(None)
}

/// Reports that a taken operation is done. Where its installation is gone, the outbox
/// forgets it.
///
/// # Errors
/// If there is no such taken operation, or the store cannot be used.
pub fn done(tx: &mut dyn Transaction, install: &InstallKey, id: &str) -> Result<(), ApplyError> {
    let mut operation = find(tx, install, id)?
        .filter(|found| found.state == OperationState::Taken)
        .ok_or_else(|| no_such(id, "taken"))?;
    if tx.get_install(install)?.is_none() {
        tx.delete_operation(install, id)?;
        return Ok(());
    }
    operation.state = OperationState::Done;
    Ok(tx.put_operation(&operation)?)
}

/// Reports that a taken operation had no effect, and why. It stays in the outbox, and
/// an apply of the same plan makes it pending again.
///
/// # Errors
/// If there is no such taken operation, or the store cannot be used.
pub fn failed(
    tx: &mut dyn Transaction,
    install: &InstallKey,
    id: &str,
    reason: &str,
) -> Result<(), ApplyError> {
    let mut operation = find(tx, install, id)?
        .filter(|found| found.state == OperationState::Taken)
        .ok_or_else(|| no_such(id, "taken"))?;
    operation.state = OperationState::Failed {
        reason: reason.to_owned(),
    };
    Ok(tx.put_operation(&operation)?)
}

/// Makes a failed operation pending again, after all others.
///
/// # Errors
/// If there is no such failed operation, or the store cannot be used.
pub fn retry(tx: &mut dyn Transaction, install: &InstallKey, id: &str) -> Result<(), ApplyError> {
    let mut operation = find(tx, install, id)?
        .filter(|found| matches!(found.state, OperationState::Failed { .. }))
        .ok_or_else(|| no_such(id, "failed"))?;
    operation.state = OperationState::Pending;
    operation.sequence = 0;
    Ok(tx.put_operation(&operation)?)
}

/// All operations of `install`, by sequence.
///
/// # Errors
/// If the store cannot be read.
pub fn of_install(
    tx: &dyn Transaction,
    install: &InstallKey,
) -> Result<Vec<Operation>, StoreError> {
    let mut found = Vec::new();
    tx.list_operations(Some(install), &mut |operation| {
        found.push(operation);
        Ok(())
    })?;
    found.sort_by_key(|operation| operation.sequence);
    Ok(found)
}

fn find(
    tx: &dyn Transaction,
    install: &InstallKey,
    id: &str,
) -> Result<Option<Operation>, StoreError> {
    let all = of_install(tx, install)?;
    Ok(all.into_iter().find(|operation| operation.id == id))
}

fn no_such(id: &str, expected: &'static str) -> ApplyError {
    ApplyError::Operation {
        id: id.to_owned(),
        expected,
    }
}
