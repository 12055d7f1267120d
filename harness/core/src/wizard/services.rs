//! What a host does for guests: the same questions whether they are answered
//! dry or in earnest.

use super::call::{Grants, HostVerdict};
use serde_json::Value;
use std::sync::Arc;

/// Longest key of a secret, of config or of state, in bytes.
const KEY: usize = 256;

/// Why a host does not do what it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// There is no such thing.
    NotFound,
    /// It is not for this guest, or not in this mode.
    Denied,
    /// The key is no key.
    InvalidKey,
}

impl Refusal {
    /// The name that interfaces know it by.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::InvalidKey => "invalid-key",
        }
    }

    /// The verdict that a report gives.
    #[must_use]
    pub fn verdict(self) -> HostVerdict {
        match self {
            Self::NotFound => HostVerdict::Answered,
            Self::Denied | Self::InvalidKey => HostVerdict::Denied,
        }
    }
}

/// A change that a guest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// A secret is to be written.
    PutSecret {
        /// Its key.
        key: &'a str,
        /// Its value.
        value: &'a [u8],
    },
    /// State is to be written.
    WriteState {
        /// Its key.
        key: &'a str,
        /// Its value.
        value: &'a [u8],
    },
    /// State is to be deleted.
    DeleteState {
        /// Its key.
        key: &'a str,
    },
    /// Subscriptions are to be changed.
    Subscriptions {
        /// What is wanted, as the guest says it.
        wanted: &'a str,
    },
    /// An HTTP request is to be sent.
    Send {
        /// The method.
        method: &'a str,
        /// The URL.
        url: &'a str,
    },
    /// A code is to be exchanged for tokens, or a consent URL to be made.
    OAuth {
        /// The provider, as the broker knows it.
        provider: &'a str,
    },
}

/// A host, as guests see it.
pub trait Services: Send {
    /// Config by key.
    fn config(&mut self, key: &str) -> Result<Value, Refusal>;
    /// A secret by key.
    fn secret(&mut self, key: &str) -> Result<Vec<u8>, Refusal>;
    /// State by key.
    fn state(&mut self, key: &str) -> Result<Vec<u8>, Refusal>;
    /// Does `change`, or withholds it, or refuses it.
    ///
    /// # Errors
    /// [`Refusal`] is told to the guest.
    fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal>;
}

/// A host that changes nothing. Writes are withheld: the guest is told that
/// they are done, and goes on as it would in earnest. What leaves the machine
/// is denied, because nothing harmless can be answered to it.
#[derive(Debug, Clone, Default)]
pub struct DryRun {
    grants: Arc<Grants>,
}

impl DryRun {
    /// A host that lets a guest read `grants`, and nothing else.
    #[must_use]
    pub fn new(grants: Arc<Grants>) -> Self {
        Self { grants }
    }
}

/// A key of the guest's own: one name, without a way to other tenants' keys.
fn own(key: &str) -> Result<(), Refusal> {
    let foreign = |c: char| c.is_control() || matches!(c, '*' | '?' | ':' | '\\');
    let climbs = key.split('/').any(|part| matches!(part, "" | "." | ".."));
    match key.len() > KEY || climbs || key.contains(foreign) {
        true => Err(Refusal::InvalidKey),
        false => Ok(()),
    }
}

impl Services for DryRun {
    fn config(&mut self, key: &str) -> Result<Value, Refusal> {
        own(key)?;
        self.grants
            .config
            .get(key)
            .cloned()
            .ok_or(Refusal::NotFound)
    }

    fn secret(&mut self, key: &str) -> Result<Vec<u8>, Refusal> {
        own(key)?;
        if key.contains('/') {
            return Err(Refusal::Denied);
        }
        let value = self.grants.secrets.get(key);
        value
            .map(|v| v.clone().into_bytes())
            .ok_or(Refusal::NotFound)
    }

    fn state(&mut self, key: &str) -> Result<Vec<u8>, Refusal> {
        own(key)?;
        Err(Refusal::NotFound)
    }

    fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal> {
        match change {
            Change::PutSecret { key, .. }
            | Change::WriteState { key, .. }
            | Change::DeleteState { key } => own(key)?,
            Change::Subscriptions { .. } => {}
            Change::Send { .. } | Change::OAuth { .. } => return Err(Refusal::Denied),
        }
        Ok(HostVerdict::Withheld)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn a_guest_reads_its_own_keys_and_changes_nothing() {
        let mut host = DryRun::new(Arc::new(Grants {
            config: BTreeMap::new(),
            secrets: BTreeMap::from([("TOKEN".into(), "canary".into())]),
        }));
        assert_eq!(host.secret("TOKEN"), Ok(b"canary".to_vec()));
        assert_eq!(host.secret("OTHER"), Err(Refusal::NotFound));
        assert_eq!(host.secret("acme/TOKEN"), Err(Refusal::Denied));
        for key in ["", "*", "../TOKEN", "a//b", "a:b", "a\0b"] {
            assert_eq!(host.secret(key), Err(Refusal::InvalidKey), "{key:?}");
        }
        let value = &b"v"[..];
        let write = Change::WriteState {
            key: "config/a",
            value,
        };
        assert_eq!(host.change(write), Ok(HostVerdict::Withheld));
        assert_eq!(host.state("config/a"), Err(Refusal::NotFound));
        let climbs = Change::PutSecret { key: "../a", value };
        assert_eq!(host.change(climbs), Err(Refusal::InvalidKey));
        let send = Change::Send {
            method: "GET",
            url: "https://a.invalid",
        };
        assert_eq!(host.change(send), Err(Refusal::Denied));
    }
}
