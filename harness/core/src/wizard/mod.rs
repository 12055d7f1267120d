//! Wizards: finding them in a pack, the data of their steps, and driving them.

pub mod call;
pub mod capabilities;
mod drivers;
pub mod executor;
pub mod inputs;
mod kind;
pub mod lifecycle;
mod operator;
pub mod output;
pub mod plan;
pub mod questions;
mod real_inputs;
pub mod resolve;
mod role;
mod run;
pub mod services;
pub(crate) mod session;
mod shared_dry_run;
pub mod state;
pub mod steps;
pub mod stores;
pub(crate) mod templates;
pub mod tenant_state;
pub mod transaction;

pub use call::{Call, CallContext, Grants, HostActivity, HostCall, HostVerdict, Surroundings};
pub use executor::{
    Meters, NoopExecutor, StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome, StepRequest,
};
pub use inputs::{ProvisionInputs, TenantContext};
pub use kind::WizardKind;
pub use lifecycle::drive;
pub use operator::RunBy;
pub use output::{StepOutput, StepResult};
pub use plan::{
    OAuthOp, ProvisionPlan, ProvisionPlanPatch, RedactedValue, SecretsPatch, SubscriptionOp,
    WebhookOp,
};
pub use resolve::{Driver, SETUP, Wizard, entry_flows, wizards};
pub use role::{OLD_PROVIDER_EXTENSION, PackRole, Role, role};
pub use run::{Outcome, StepRun, Task, WizardRun};
pub use session::grants;
pub use state::InstalledState;
pub use steps::{ProvisionMode, ProvisionStep};
pub use stores::{SecretBytes, StoreView, StoreWrite};
pub use tenant_state::TenantState;

use greentic_types::validate::Diagnostic;
use serde::{Deserialize, Serialize};

/// The result of a dry run for its caller. Scripts depend on each field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProvisionResult {
    /// The merged plan; `null` if the wizard did not complete.
    pub plan: Option<ProvisionPlan>,
    /// The diagnostics of all steps, in their order.
    pub diagnostics: Vec<Diagnostic>,
    /// The steps that completed, in their order.
    pub step_results: Vec<StepResult>,
}
