//! Calls of a guest, and the calls that the guest makes to its host meanwhile.

use super::inputs::ProvisionInputs;
use super::stores::StoreView;
use super::tenant_state::TenantState;
use crate::json::text;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// One call of a guest. Plain data, so that it can cross a process boundary.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "call")]
pub enum Call {
    /// The harness's own contract: a core module's `run`, or the world
    /// `greentic:provision-step`.
    Step {
        /// The input: JSON.
        input: Vec<u8>,
    },
    /// An operation, through the interface for invocations that the component
    /// exports: `greentic:component/node`, `runtime`, or `schema-core-api`.
    Invoke {
        /// The operation's name.
        operation: String,
        /// The caller and its place in the flow.
        context: Box<CallContext>,
        /// The input. It is passed as JSON or CBOR, as the interface requires.
        input: Value,
    },
    /// An operation of a provider, through `schema-core-api` alone, as the operator
    /// calls it.
    ProviderOperation {
        /// The operation's name.
        operation: String,
        /// The input.
        input: Value,
    },
    /// `greentic:provision/provisioner` `plan`.
    Plan {
        /// Its `provision-inputs`, with the field names of the interface.
        inputs: Value,
    },
    /// `greentic:provision/provisioner` `apply`.
    Apply {
        /// Its `provision-inputs`.
        inputs: Value,
        /// Its `provision-plan`: the answer of `plan`, unchanged.
        plan: Value,
    },
    /// `qa-spec` of a component's own questions and answers.
    QaSpec {
        /// `default`, `setup`, `update` or `remove`. `update` is passed as
        /// `upgrade` if the interface has that mode.
        mode: String,
    },
    /// `apply-answers` of a component's own questions and answers.
    ApplyAnswers {
        /// See [`Call::QaSpec`].
        mode: String,
        /// The present config, for interfaces that take it.
        current: Value,
        /// The answers, by question id.
        answers: Value,
    },
    /// `validate-config` of `schema-core-api`.
    ValidateConfig {
        /// The config.
        config: Value,
    },
    /// `describe` of `descriptor`, `node`, or `schema-core-api`;
    /// `get-manifest` of older nodes.
    Describe,
    /// `i18n-keys` of `component-i18n`.
    I18nKeys,
    /// `i18n-bundle` of `component-i18n`.
    I18nBundle {
        /// A BCP 47 tag, for example `en`.
        locale: String,
    },
    /// `applies` and, if so, `validate` of `greentic:pack-validate/validator`.
    ValidatePack {
        /// The pack's `manifest.cbor`; empty if it has none.
        manifest: Vec<u8>,
        /// The pack's SBOM as JSON.
        sbom: String,
        /// The names of the pack's files.
        files: Vec<String>,
    },
    /// `run` of a component that renders a deployment plan: it asks the host for the plan,
    /// and writes `/iac/plan.json`.
    Deploy,
}

impl Call {
    /// The function that is called, as text for a finding.
    #[must_use]
    pub fn function(&self) -> String {
        match self {
            Self::Step { .. } => "run".into(),
            Self::Invoke { operation, .. } => format!("invoke {operation}"),
            Self::ProviderOperation { operation, .. } => format!("invoke {operation}"),
            Self::Plan { .. } => "plan".into(),
            Self::Apply { .. } => "apply".into(),
            Self::QaSpec { mode } => format!("qa-spec({mode})"),
            Self::ApplyAnswers { mode, .. } => format!("apply-answers({mode})"),
            Self::ValidateConfig { .. } => "validate-config".into(),
            Self::Describe => "describe".into(),
            Self::I18nKeys => "i18n-keys".into(),
            Self::I18nBundle { locale } => format!("i18n-bundle({locale})"),
            Self::ValidatePack { .. } => "validate".into(),
            Self::Deploy => "run".into(),
        }
    }

    /// The input of the call as bytes: JSON, or CBOR for [`Call::ValidatePack`].
    #[must_use]
    pub fn into_input(self) -> Vec<u8> {
        let json = |value: &Value| text(value).into_bytes();
        match self {
            Self::Step { input } => input,
            Self::Invoke { input, .. } => json(&input),
            Self::ProviderOperation { input, .. } => json(&input),
            Self::Plan { inputs } => json(&inputs),
            Self::Apply { inputs, plan } => json(&serde_json::json!([inputs, plan])),
            Self::ApplyAnswers { answers, .. } => json(&answers),
            Self::ValidateConfig { config } => json(&config),
            Self::ValidatePack { manifest, .. } => manifest,
            Self::QaSpec { .. }
            | Self::Describe
            | Self::I18nKeys
            | Self::I18nBundle { .. }
            | Self::Deploy => Vec::new(),
        }
    }
}

/// The caller of an operation and its place in the flow.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CallContext {
    /// Deployment environment.
    pub environment: String,
    /// Tenant.
    pub tenant: String,
    /// Team of the tenant.
    pub team: Option<String>,
    /// User of the tenant.
    pub user: Option<String>,
    /// The provider's id.
    pub provider: String,
    /// The flow's id.
    pub flow: String,
    /// The node's id.
    pub node: String,
    /// The component's id.
    pub component: String,
    /// The user's language, a BCP 47 tag; English if there is none.
    #[serde(default)]
    pub locale: Option<String>,
}

impl CallContext {
    /// The context of a node that calls `component`.
    #[must_use]
    pub fn at(inputs: &ProvisionInputs, flow: &str, node: &str, component: &str) -> Self {
        let tenant = &inputs.tenant;
        Self {
            environment: tenant.environment_or_default().to_owned(),
            tenant: tenant.tenant_or_default().to_owned(),
            team: tenant.team.clone(),
            user: tenant.user.clone(),
            provider: inputs.provider_id.clone(),
            flow: flow.to_owned(),
            node: node.to_owned(),
            component: component.to_owned(),
            locale: None,
        }
    }

    /// The user's language, for interfaces that require one.
    #[must_use]
    pub fn locale_or_english(&self) -> &str {
        self.locale.as_deref().unwrap_or("en")
    }
}

/// What a guest may read from its host during one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Config by key.
    pub config: BTreeMap<String, Value>,
    /// Secrets by key. In a dry run these are canaries: made-up values that give
    /// access to nothing and are easy to find in output.
    pub secrets: BTreeMap<String, String>,
    /// The time and the random numbers.
    #[serde(default)]
    pub surroundings: Surroundings,
    /// What the stores of its installation hold; `None` in a dry run. With stores, the
    /// guest reads them instead of `config` and `secrets`, and its host records what
    /// it writes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stores: Option<StoreView>,
    /// State that the tenant of a dry run shares with others; `None` in other runs, which
    /// find no state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant_state: Option<TenantState>,
    /// The deployment plan that the host answers, as JSON; with it, the guest has the
    /// folder `/iac`, to which it may write `plan.json`. `None` for all other calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment_plan: Option<String>,
}

/// What a guest sees of the world around it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Surroundings {
    /// Seconds by which its clocks are ahead of the usual start.
    pub later: u64,
    /// The seed of its random numbers and of its hash maps.
    pub seed: u64,
}

/// How the host answered a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostVerdict {
    /// The host answered. The call changes nothing.
    Answered,
    /// The host reported success to the guest but changed nothing (dry run).
    Withheld,
    /// The host recorded the change, which takes effect if the whole run completes
    /// (apply mode).
    Recorded,
    /// The host refused the call and reported that to the guest.
    Denied,
}

/// A call of the guest to its host. Equal consecutive calls are one, with a count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostCall {
    /// The interface, for example `greentic:http/http-client@1.1.0`.
    pub interface: String,
    /// The function.
    pub function: String,
    /// The first 16 hex digits of the SHA-256 of its arguments.
    pub arguments: String,
    /// Bytes of its arguments.
    pub bytes: u64,
    /// How often in a row.
    pub count: u64,
    /// How the host answered.
    pub verdict: HostVerdict,
}

/// Everything that a guest did with its host during one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostActivity {
    /// Calls, in order; at most as many as the bound on host calls.
    pub calls: Vec<HostCall>,
    /// What it wrote to standard output, cut at the bound.
    pub stdout: Vec<u8>,
    /// What it wrote to standard error, cut at the bound.
    pub stderr: Vec<u8>,
    /// Log lines, cut at the bound.
    pub logs: Vec<String>,
    /// Whether `stdout`, `stderr` or `logs` was cut.
    pub truncated: bool,
}
