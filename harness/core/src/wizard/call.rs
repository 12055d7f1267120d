//! What is asked of a guest, and what the guest asked of its host meanwhile.

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
        /// The JSON to hand over.
        input: Vec<u8>,
    },
    /// An operation, by whichever interface for invocations is exported:
    /// `greentic:component/node`, `runtime`, or `schema-core-api`.
    Invoke {
        /// The operation's name.
        operation: String,
        /// Who calls, from where.
        context: Box<CallContext>,
        /// The JSON to hand over, as JSON or CBOR, as the interface wants it.
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
        /// Its `provision-plan`, as `plan` answered it.
        plan: Value,
    },
    /// `qa-spec` of a component's own questions and answers.
    QaSpec {
        /// `default`, `setup`, `update` or `remove`; `update` is `upgrade`
        /// where the interface has that.
        mode: String,
    },
    /// `apply-answers` of a component's own questions and answers.
    ApplyAnswers {
        /// See [`Call::QaSpec`].
        mode: String,
        /// The config that is there, for interfaces that ask for it.
        current: Value,
        /// The answers by the id of their question.
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
        /// The pack's `manifest.cbor`, empty where it has none.
        manifest: Vec<u8>,
        /// The pack's SBOM as JSON.
        sbom: String,
        /// The names of the pack's files.
        files: Vec<String>,
    },
}

impl Call {
    /// What is called, in words for a finding.
    #[must_use]
    pub fn function(&self) -> String {
        match self {
            Self::Step { .. } => "run".into(),
            Self::Invoke { operation, .. } => format!("invoke {operation}"),
            Self::Plan { .. } => "plan".into(),
            Self::Apply { .. } => "apply".into(),
            Self::QaSpec { mode } => format!("qa-spec({mode})"),
            Self::ApplyAnswers { mode, .. } => format!("apply-answers({mode})"),
            Self::ValidateConfig { .. } => "validate-config".into(),
            Self::Describe => "describe".into(),
            Self::I18nKeys => "i18n-keys".into(),
            Self::I18nBundle { locale } => format!("i18n-bundle({locale})"),
            Self::ValidatePack { .. } => "validate".into(),
        }
    }

    /// Bytes of what is handed over, as JSON.
    #[must_use]
    pub fn into_input(self) -> Vec<u8> {
        let json = |value: &Value| value.to_string().into_bytes();
        match self {
            Self::Step { input } => input,
            Self::Invoke { input, .. } => json(&input),
            Self::Plan { inputs } => json(&inputs),
            Self::Apply { inputs, plan } => json(&serde_json::json!([inputs, plan])),
            Self::ApplyAnswers { answers, .. } => json(&answers),
            Self::ValidateConfig { config } => json(&config),
            Self::ValidatePack { manifest, .. } => manifest,
            Self::QaSpec { .. } | Self::Describe | Self::I18nKeys | Self::I18nBundle { .. } => {
                Vec::new()
            }
        }
    }
}

/// Who calls an operation, from where.
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
}

/// What a guest may read from its host during one call.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    /// Config by key.
    pub config: BTreeMap<String, Value>,
    /// Secrets by key. In a dry run these are canaries: they open nothing, and
    /// are easily told from anything else.
    pub secrets: BTreeMap<String, String>,
}

/// What the host made of a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HostVerdict {
    /// Answered; nothing changed by it.
    Answered,
    /// The guest was told that it is done, and nothing was: a dry run.
    Withheld,
    /// Refused, and the guest was told so.
    Denied,
}

/// A call of the guest to its host; equal neighbours are one, counted.
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
    /// What came of it.
    pub verdict: HostVerdict,
}

/// Everything that a guest did towards its host during one call.
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
    /// Whether something of the three was cut.
    pub truncated: bool,
}
