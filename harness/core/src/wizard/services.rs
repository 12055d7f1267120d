//! The services of a host for guests: one trait for dry runs and real runs.

use super::call::{Grants, HostVerdict};
use super::stores::StoreWrite;
use serde_json::Value;
use std::sync::Arc;

/// Longest key of a secret, of config or of state, in bytes.
const KEY_BYTES: usize = 256;

/// Why a host refuses a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// The key has no value.
    NotFound,
    /// The guest may not do this, or not in this mode.
    Denied,
    /// The key is malformed.
    InvalidKey,
    /// The step has no room left for writes. The step ends with a violated bound.
    Full,
    /// The store does not work.
    Unavailable,
}

impl Refusal {
    /// The name of the refusal in the interfaces.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NotFound => "not-found",
            Self::Denied => "denied",
            Self::InvalidKey => "invalid-key",
            Self::Full => "full",
            Self::Unavailable => "unavailable",
        }
    }

    /// The verdict in reports.
    #[must_use]
    pub fn verdict(self) -> HostVerdict {
        match self {
            Self::NotFound => HostVerdict::Answered,
            Self::Denied | Self::InvalidKey | Self::Full | Self::Unavailable => HostVerdict::Denied,
        }
    }
}

/// A change that a guest asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change<'a> {
    /// Write a secret.
    PutSecret {
        /// Its key.
        key: &'a str,
        /// Its value.
        value: &'a [u8],
    },
    /// Write state.
    WriteState {
        /// The environment and the tenant that the guest names.
        tenant: Option<(&'a str, &'a str)>,
        /// Its key.
        key: &'a str,
        /// Its value.
        value: &'a [u8],
    },
    /// Delete state.
    DeleteState {
        /// The environment and the tenant that the guest names.
        tenant: Option<(&'a str, &'a str)>,
        /// Its key.
        key: &'a str,
    },
    /// Change subscriptions.
    Subscriptions {
        /// The wanted subscriptions, in the guest's format.
        wanted: &'a str,
    },
    /// Send an HTTP request.
    Send {
        /// The method.
        method: &'a str,
        /// The URL.
        url: &'a str,
    },
    /// Exchange a code for tokens, or make a consent URL.
    OAuth {
        /// The provider, by the name that the broker uses.
        provider: &'a str,
    },
}

/// A host, as guests see it.
pub trait Services: Send {
    /// Config by key.
    fn config(&mut self, key: &str) -> Result<Value, Refusal>;
    /// A secret by key.
    fn secret(&mut self, key: &str) -> Result<Vec<u8>, Refusal>;
    /// State by key, of the environment and the tenant that the guest names; only a host
    /// of several tenants distinguishes these.
    fn state(&mut self, tenant: Option<(&str, &str)>, key: &str) -> Result<Vec<u8>, Refusal>;
    /// Makes `change`, withholds it, or refuses it.
    ///
    /// # Errors
    /// The [`Refusal`], which the host reports to the guest.
    fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal>;
    /// Why it refuses, in words for the guest.
    fn refuses(&self) -> &'static str;
    /// Takes the changes that it made so far; a host that makes none has none.
    fn take_writes(&mut self) -> Vec<StoreWrite> {
        Vec::new()
    }
}

/// A host that changes nothing. It withholds writes and reports them as done, so
/// that the guest continues as in a real run. It denies everything that leaves the
/// machine, because it has no harmless answer to that.
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

/// Refuses a key of config or of a secret that could lead to another tenant's keys.
pub(super) fn check_key(key: &str) -> Result<(), Refusal> {
    if key.contains(':') {
        return Err(Refusal::InvalidKey);
    }
    check_state_key(key)
}

/// Refuses a secret of another tenant.
pub(super) fn check_secret(key: &str) -> Result<(), Refusal> {
    check_key(key)?;
    if key.contains('/') {
        return Err(Refusal::Denied);
    }
    Ok(())
}

/// Refuses a key of state. Colons are allowed: hosts keep the state of a tenant under
/// a prefix of its own, and published components have keys such as `card:node:1`.
pub(super) fn check_state_key(key: &str) -> Result<(), Refusal> {
    let foreign = |c: char| c.is_control() || matches!(c, '*' | '?' | '\\');
    let climbs = key.split('/').any(|part| matches!(part, "" | "." | ".."));
    if key.len() > KEY_BYTES || climbs || key.contains(foreign) {
        return Err(Refusal::InvalidKey);
    }
    Ok(())
}

impl Services for DryRun {
    fn config(&mut self, key: &str) -> Result<Value, Refusal> {
        check_key(key)?;
        self.grants
            .config
            .get(key)
            .cloned()
            .ok_or(Refusal::NotFound)
    }

    fn secret(&mut self, key: &str) -> Result<Vec<u8>, Refusal> {
        check_secret(key)?;
        let value = self.grants.secrets.get(key);
        value
            .map(|v| v.clone().into_bytes())
            .ok_or(Refusal::NotFound)
    }

    fn state(&mut self, _tenant: Option<(&str, &str)>, key: &str) -> Result<Vec<u8>, Refusal> {
        check_state_key(key)?;
        Err(Refusal::NotFound)
    }

    fn change(&mut self, change: Change<'_>) -> Result<HostVerdict, Refusal> {
        match change {
            Change::PutSecret { key, .. } => check_key(key)?,
            Change::WriteState { key, .. } | Change::DeleteState { key, .. } => {
                check_state_key(key)?
            }
            Change::Subscriptions { .. } => {}
            Change::Send { .. } | Change::OAuth { .. } => return Err(Refusal::Denied),
        }
        Ok(HostVerdict::Withheld)
    }

    fn refuses(&self) -> &'static str {
        "refused by a dry run"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn dry_run_reads_granted_keys_and_changes_nothing() {
        let mut host = DryRun::new(Arc::new(Grants {
            config: BTreeMap::new(),
            secrets: BTreeMap::from([("TOKEN".into(), "canary".into())]),
            ..Grants::default()
        }));
        assert_eq!(host.secret("TOKEN"), Ok(b"canary".to_vec()));
        assert_eq!(host.secret("OTHER"), Err(Refusal::NotFound));
        assert_eq!(host.secret("acme/TOKEN"), Err(Refusal::Denied));
        for key in ["", "*", "../TOKEN", "a//b", "a:b", "a\0b"] {
            assert_eq!(host.secret(key), Err(Refusal::InvalidKey), "{key:?}");
        }
        let value = &b"v"[..];
        let write = Change::WriteState {
            tenant: None,
            key: "config/a",
            value,
        };
        assert_eq!(host.change(write), Ok(HostVerdict::Withheld));
        assert_eq!(host.state(None, "config/a"), Err(Refusal::NotFound));
        assert_eq!(host.state(None, "card:node:1"), Err(Refusal::NotFound));
        assert_eq!(host.state(None, "../a"), Err(Refusal::InvalidKey));
        let climbs = Change::PutSecret { key: "../a", value };
        assert_eq!(host.change(climbs), Err(Refusal::InvalidKey));
        let send = Change::Send {
            method: "GET",
            url: "https://a.invalid",
        };
        assert_eq!(host.change(send), Err(Refusal::Denied));
    }
}
