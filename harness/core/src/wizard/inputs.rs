//! The inputs of a wizard.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The tenant for whom the provider is set up.
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

impl TenantContext {
    /// The environment, for interfaces that require one. Nothing in it says that the
    /// harness is the host.
    #[must_use]
    pub fn environment_or_default(&self) -> &str {
        self.environment.as_deref().unwrap_or("dev")
    }

    /// The tenant, for interfaces that require one.
    #[must_use]
    pub fn tenant_or_default(&self) -> &str {
        self.tenant.as_deref().unwrap_or("default")
    }
}

/// The inputs of a wizard, the same for each of its steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionInputs {
    /// The tenant.
    pub tenant: TenantContext,
    /// The provider's id.
    pub provider_id: String,
    /// The id of the installation.
    pub install_id: String,
    /// The https URL at which webhooks reach the installation.
    pub public_base_url: Option<String>,
    /// The user's answers, usually `{"config": {…}, "secrets": {…}}`.
    pub answers: Value,
    /// The state that an earlier setup left.
    pub existing_state: Option<Value>,
}
