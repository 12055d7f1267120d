//! The record of an installation: what it is, whose it is and what it owns.

use crate::key::InstallKey;
use provision_core::wizard::TenantContext;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Which pack made an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PackIdentity {
    /// `sha256:…` of the pack's bytes.
    pub digest: String,
    /// The pack's id.
    pub name: String,
    /// The pack's version.
    pub version: String,
}

/// A subscription of an installation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubscriptionRecord {
    /// Its id, else its content.
    pub id: String,
    /// What it is for, if the plan says so.
    pub resource: Option<String>,
    /// When it ends, if the plan says so.
    pub expiry: Option<String>,
    /// When a host last renewed it. The harness has no clock and leaves it empty.
    pub last_sync: Option<String>,
}

/// What the store knows about one installation. It holds no config and no secret, only
/// their keys.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct InstallRecord {
    /// The tenant.
    pub tenant: TenantContext,
    /// The provider's id.
    pub provider_id: String,
    /// The id of the installation.
    pub install_id: String,
    /// The namespace of its config, see [`InstallKey::namespace`].
    pub config_namespace: String,
    /// The namespace of its secrets.
    pub secrets_namespace: String,
    /// Its subscriptions, sorted by id.
    pub subscriptions: Vec<SubscriptionRecord>,
    /// The pack that made it, or changed it last.
    pub pack: PackIdentity,
    /// The version of the harness that wrote the record.
    pub harness_version: String,
    /// The store's revision since which the installation is as it is.
    pub revision: u64,
    /// The keys of its config.
    pub config_keys: BTreeSet<String>,
    /// The keys of its secrets.
    pub secret_keys: BTreeSet<String>,
    /// The keys of its state.
    pub state_keys: BTreeSet<String>,
    /// What is registered outside of the machine, or waits in the outbox for it.
    pub registered: Registered,
}

/// Registrations by kind, as [`provision_core::wizard::InstalledState`] keeps them.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Registered {
    /// Webhooks, by id, else by URL.
    pub webhooks: BTreeMap<String, Value>,
    /// Subscriptions, by id, else by their content.
    pub subscriptions: BTreeMap<String, Value>,
    /// OAuth flows, by provider.
    pub oauth: BTreeMap<String, Value>,
}

impl InstallRecord {
    /// The record's key.
    #[must_use]
    pub fn key(&self) -> InstallKey {
        InstallKey {
            tenant: self.tenant.clone(),
            provider_id: self.provider_id.clone(),
            install_id: self.install_id.clone(),
        }
    }
}

/// The record's form of registered subscriptions. Plans put a resource and an expiry
/// into `metadata` or beside it.
pub(crate) fn subscriptions(registered: &BTreeMap<String, Value>) -> Vec<SubscriptionRecord> {
    let text = |value: &Value, name: &str| {
        let inside = |part: &str| value.get(part)?.get(name)?.as_str().map(str::to_owned);
        inside("metadata").or_else(|| inside("extra"))
    };
    let records = registered.iter().map(|(id, value)| SubscriptionRecord {
        id: id.clone(),
        resource: text(value, "resource"),
        expiry: text(value, "expiry"),
        last_sync: None,
    });
    records.collect()
}
