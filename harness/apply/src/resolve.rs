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
    let Resolved { mut values, lost } = Resolved::of(request, stored);
    if !lost.is_empty() {
        return Err(ApplyError::SecretUnresolved { keys: lost });
    }
    // What a guest sets reaches the store whether or not the plan names it.
    let deleted = &request.plan.secrets_patch.delete;
    let unplanned = written(request).into_iter();
    values.extend(unplanned.filter(|(key, _)| !deleted.contains(key)));
    Ok(values)
}

/// The keys of secrets that the plan of `request` sets, and that have no value: neither
/// a guest nor an answer gave one, and the store, which has the keys `stored`, has none.
#[must_use]
pub fn unresolved(request: &Request, stored: &BTreeSet<String>) -> Vec<String> {
    Resolved::of(request, stored).lost
}

/// The secrets that a plan sets.
struct Resolved {
    values: BTreeMap<String, SecretBytes>,
    /// Those without a value.
    lost: Vec<String>,
}

impl Resolved {
    fn of(request: &Request, stored: &BTreeSet<String>) -> Self {
        let patch = &request.plan.secrets_patch;
        let written = written(request);
        let (mut values, mut lost) = (BTreeMap::new(), Vec::new());
        for key in patch.set.keys().filter(|key| !patch.delete.contains(key)) {
            match named(&written, key).or_else(|| named(&request.secrets, key)) {
                Some(value) => {
                    values.insert(key.clone(), value.clone());
                }
                None if stored.contains(key) => {}
                None => lost.push(key.clone()),
            }
        }
        Self { values, lost }
    }
}

/// The secrets that guests wrote.
fn written(request: &Request) -> BTreeMap<String, SecretBytes> {
    let sets = request.writes.iter().filter_map(|write| match write {
        StoreWrite::SetSecret { key, value } => Some((key.clone(), value.clone())),
        _ => None,
    });
    sets.collect()
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
