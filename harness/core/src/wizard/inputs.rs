//! What a wizard is given.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// For whom the provider is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantContext {
    /// Deployment environment, for example `dev`.
    pub environment: Option<String>,
    /// Tenant.
    pub tenant: Option<String>,
    /// Team of the tenant.
    pub team: Option<String>,
    /// User of the tenant.
    pub user: Option<String>,
}

/// The inputs of a wizard, the same for each of its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionInputs {
    /// For whom.
    pub tenant: TenantContext,
    /// Which provider.
    pub provider_id: String,
    /// Which installation of it.
    pub install_id: String,
    /// Where webhooks can reach the installation; an https URL.
    pub public_base_url: Option<String>,
    /// The user's answers, usually `{"config": {…}, "secrets": {…}}`.
    pub answers: Value,
    /// What an earlier setup left.
    pub existing_state: Option<Value>,
}
