//! [`Tenants`]: one wizard, driven for two tenants at the same time.

use provision_core::wizard::WizardRun;
use std::collections::BTreeMap;

/// A wizard that was driven for two tenants whose steps alternate, in one executor and on
/// one store of state. Both have the same environment and the same id of the
/// installation, so that only tenant, team, user, hosts, answers and secrets tell them
/// apart.
#[derive(Debug)]
pub struct Tenants {
    /// The tenant whose step is the first.
    pub first: TenantRun,
    /// The other tenant.
    pub second: TenantRun,
}

/// The runs of a wizard for one of two tenants.
#[derive(Debug)]
pub struct TenantRun {
    /// The tenant's id.
    pub tenant: String,
    /// What this tenant has and the other one has not, by what it is.
    pub own: BTreeMap<String, String>,
    /// Its secrets, by key.
    pub secrets: BTreeMap<String, String>,
    /// Its run alone; `None` if that is the run in another installation.
    pub alone: Option<WizardRun>,
    /// Its run beside the other tenant's.
    pub beside: WizardRun,
    /// What its steps wrote to the store of state, beside the other tenant's.
    pub writes: Vec<TenantWrite>,
}

/// A write to the store of state that several tenants share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TenantWrite {
    /// The file whose step wrote.
    pub file: String,
    /// The tenant whose state it is.
    pub tenant: String,
    /// The key.
    pub key: String,
    /// The value; `None` if the state was deleted.
    pub value: Option<Vec<u8>>,
}

impl Tenants {
    /// Each tenant with the other one.
    #[must_use]
    pub fn both(&self) -> [(&TenantRun, &TenantRun); 2] {
        [(&self.first, &self.second), (&self.second, &self.first)]
    }
}
