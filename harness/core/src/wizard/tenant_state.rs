//! [`TenantState`]: the state of several tenants in one store, in a dry run.
//!
//! The runner keeps state under the environment and the tenant. A guest may name both in
//! a call; if it does not, the runner takes those of the run. So a guest that names the
//! same tenant in each run reads what it wrote for others.

use super::inputs::TenantContext;
use super::stores::{StoreWrite, base64_texts};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The state of several tenants, as one of them finds it when a step begins.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantState {
    /// The environment of the run.
    pub environment: String,
    /// The tenant of the run.
    pub tenant: String,
    /// All values, by the key that [`TenantState::key`] returns.
    #[serde(with = "base64_texts")]
    pub values: BTreeMap<String, Vec<u8>>,
}

impl TenantState {
    /// An empty store, as a run for `tenant` sees it.
    #[must_use]
    pub fn of(tenant: &TenantContext) -> Self {
        Self {
            environment: tenant.environment_or_default().to_owned(),
            tenant: tenant.tenant_or_default().to_owned(),
            values: BTreeMap::new(),
        }
    }

    /// The key under which the store keeps `key` of the environment and the tenant that
    /// a guest names, or else of those of the run.
    #[must_use]
    pub fn key(&self, named: Option<(&str, &str)>, key: &str) -> String {
        let own = (self.environment.as_str(), self.tenant.as_str());
        let (environment, tenant) = named.unwrap_or(own);
        format!("{environment}/{tenant}/{key}")
    }

    /// The tenant and the guest's own key in a key of the store.
    #[must_use]
    pub fn parts(key: &str) -> Option<(&str, &str)> {
        let (_, rest) = key.split_once('/')?;
        rest.split_once('/')
    }

    /// Makes `write` visible to later reads.
    pub fn apply(&mut self, write: &StoreWrite) {
        match write {
            StoreWrite::SetState { key, value } => {
                self.values.insert(key.clone(), value.clone());
            }
            StoreWrite::DeleteState { key } => {
                self.values.remove(key);
            }
            StoreWrite::SetSecret { .. }
            | StoreWrite::Subscriptions { .. }
            | StoreWrite::OAuth { .. } => {}
        }
    }
}
