//! What authorised requests, for the next ones.

use crate::names::Host;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};

/// The header of each host and scope that was authorised.
#[derive(Default)]
pub(super) struct Tokens(Mutex<BTreeMap<(Host, String), String>>);

impl fmt::Debug for Tokens {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Tokens(…)")
    }
}

impl Tokens {
    pub(super) fn known(&self, host: &Host, scope: &str) -> Option<String> {
        let all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.get(&(host.clone(), scope.to_owned())).cloned()
    }

    /// A token expires; the next request asks for a fresh one.
    pub(super) fn forget(&self, host: &Host, scope: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.remove(&(host.clone(), scope.to_owned()));
    }

    pub(super) fn remember(&self, host: &Host, scope: &str, header: &str) {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.insert((host.clone(), scope.to_owned()), header.to_owned());
    }
}
