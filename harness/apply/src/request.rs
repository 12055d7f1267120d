//! What to apply, for which installation.

use crate::key::InstallKey;
use crate::record::PackIdentity;
use provision_core::wizard::{ProvisionMode, ProvisionPlan, SecretBytes, StoreWrite};
use std::collections::BTreeMap;

/// One plan for one installation. Values of secrets are in `writes` and `secrets`
/// alone: what the plan says about values is not used.
#[derive(Debug, Clone)]
pub struct Request {
    /// The installation.
    pub install: InstallKey,
    /// Install, update or delete.
    pub mode: ProvisionMode,
    /// The pack that made the plan.
    pub pack: PackIdentity,
    /// What the wizard proposes.
    pub plan: ProvisionPlan,
    /// What guests wrote in apply mode, in their order.
    pub writes: Vec<StoreWrite>,
    /// Answers to secret questions, by the question's name. An answer is stored only
    /// if the plan sets a secret of the same name; names are compared exactly, else as
    /// secret stores spell them.
    pub secrets: BTreeMap<String, SecretBytes>,
}
