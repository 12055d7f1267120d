//! Finds the values of the secrets that a plan sets: what a guest wrote, else an answer
//! to a secret question, else what the store has.

use crate::error::ApplyError;
use crate::request::Request;
use provision_core::wizard::questions::canonical;
use provision_core::wizard::{SecretBytes, StoreWrite};
use std::collections::{BTreeMap, BTreeSet};

/// The values to set, by the key that the plan or the guest uses. A key that the plan
/// deletes is left out; one that the store has and nobody gives a value for stays.
pub(crate) fn secrets(
    request: &Request,
    stored: &BTreeSet<String>,
) -> Result<BTreeMap<String, SecretBytes>, ApplyError> {
    let patch = &request.plan.secrets_patch;
    let mut written = BTreeMap::new();
    for write in &request.writes {
        if let StoreWrite::SetSecret { key, value } = write {
            written.insert(key.clone(), value.clone());
        }
    }
    let mut values = BTreeMap::new();
    let mut unresolved = Vec::new();
    for key in patch.set.keys().filter(|key| !patch.delete.contains(key)) {
        let value = named(&written, key).or_else(|| named(&request.secrets, key));
        match value {
            Some(value) => {
                values.insert(key.clone(), value.clone());
            }
            None if stored.contains(key) => {}
            None => unresolved.push(key.clone()),
        }
    }
    if !unresolved.is_empty() {
        return Err(ApplyError::SecretUnresolved { keys: unresolved });
    }
    // What a guest sets reaches the store whether or not the plan names it.
    let unplanned = written
        .into_iter()
        .filter(|(key, _)| !patch.delete.contains(key));
    values.extend(unplanned);
    Ok(values)
}

/// The value of this name: spelled exactly so, else the only one that secret stores
/// spell the same way.
fn named<'v>(values: &'v BTreeMap<String, SecretBytes>, key: &str) -> Option<&'v SecretBytes> {
    if let Some(value) = values.get(key) {
        return Some(value);
    }
    let wanted = canonical(key);
    let mut same = values
        .iter()
        .filter(|(name, _)| !wanted.is_empty() && canonical(name) == wanted);
    let (_, value) = same.next()?;
    same.next().is_none().then_some(value)
}
