//! Deployment plans: the one that a host infers from a pack, and what a component makes
//! of it.

use greentic_types::deployment::{
    ChannelPlan, DeploymentPlan, MessagingPlan, MessagingSubjectPlan, RunnerPlan, TelemetryPlan,
};
use provision_core::json;
use provision_core::wizard::{HostActivity, StepFailure, TenantContext};
use provision_core::{Limits, Pack};
use serde::Deserialize;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// A component that renders a deployment plan, and its runs.
#[derive(Debug)]
pub struct Deployed {
    /// The file that holds it.
    pub file: String,
    /// Its first run, or why it did not end; `None` if the host can infer no plan.
    pub first: Option<Result<Rendered, StepFailure>>,
    /// Another run, at another time and with other random numbers.
    pub second: Option<Result<Rendered, StepFailure>>,
    /// What the first run did towards its host.
    pub attempts: HostActivity,
}

/// What a component that renders a deployment plan answered and wrote.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Rendered {
    /// The error that it answered.
    pub error: Value,
    /// The text of `/iac/plan.json`; `None` if it is not there or no text.
    pub plan: Option<String>,
    /// Whether what it wrote is UTF-8.
    pub is_text: bool,
    /// Whether it tried to write more than the bound.
    pub is_over: bool,
}

/// The scenarios and the kind of a pack, as far as `pack.json` says so.
struct Stated {
    scenarios: Vec<String>,
    name: Value,
    kind: Value,
    type_: Option<String>,
}

impl Stated {
    fn of(pack: &Pack, limits: &Limits) -> Self {
        let manifest = pack.read("pack.json");
        let manifest = manifest.and_then(|bytes| json::parse(&bytes, limits.depth).ok());
        let manifest = manifest.unwrap_or_default();
        let text = |key: &str| manifest.get(key).and_then(Value::as_str);
        let scenarios = manifest.get("scenarios").and_then(Value::as_array);
        let ids = scenarios.into_iter().flatten();
        let ids = ids.filter_map(|scenario| scenario.get("id")?.as_str());
        let pack_v1 = pack.manifest().pack_v1.as_ref();
        let kind = pack_v1.and_then(|v1| serde_json::to_value(v1.kind).ok());
        Self {
            scenarios: ids.map(str::to_owned).collect(),
            name: text("name").into(),
            kind: text("kind").map(Value::from).or(kind).unwrap_or_default(),
            type_: text("type").map(str::to_owned),
        }
    }
}

/// The flows to which a channel of a plan may lead: the flows of the pack, and its
/// scenarios, which hosts take for flows.
pub(crate) fn flows(pack: &Pack, limits: &Limits) -> BTreeSet<String> {
    let manifest = pack.manifest();
    let declared = manifest.flows.iter().map(|flow| flow.id.clone());
    let entries = manifest.entry_flows.iter().map(|(_, flow)| flow.clone());
    let scenarios = Stated::of(pack, limits).scenarios;
    declared.chain(entries).chain(scenarios).collect()
}

/// The plan that a host infers from `pack`: a channel and a durable subject for each
/// scenario, or for each flow of a pack without scenarios. `None` without an id and a
/// version.
pub(crate) fn inferred(pack: &Pack, limits: &Limits) -> Option<DeploymentPlan> {
    let manifest = pack.manifest();
    let id = manifest.id.clone()?;
    let tenant = TenantContext::default();
    let stated = Stated::of(pack, limits);
    let flows = manifest.flows.iter().map(|flow| flow.id.clone());
    let (ids, kind) = if stated.scenarios.is_empty() {
        (flows.collect(), "flow")
    } else {
        (stated.scenarios, "scenario")
    };
    let kind = stated.type_.unwrap_or_else(|| kind.to_owned());
    let channel = |id: &String| ChannelPlan {
        name: id.clone(),
        flow_id: id.clone(),
        kind: kind.clone(),
        config: Value::Null,
    };
    let subject = |id: &String| MessagingSubjectPlan {
        name: id.clone(),
        purpose: kind.clone(),
        durable: true,
        extra: Value::Null,
    };
    let is_observed = matches!(stated.kind.as_str(), Some("application" | "deployment"));
    Some(DeploymentPlan {
        pack_version: manifest.version.as_ref()?.parse().ok()?,
        tenant: tenant.tenant_or_default().to_owned(),
        environment: tenant.environment_or_default().to_owned(),
        runners: vec![RunnerPlan {
            name: format!("{id}-runner"),
            replicas: 1,
            capabilities: Value::Null,
        }],
        messaging: (!ids.is_empty()).then(|| MessagingPlan {
            logical_cluster: "default".into(),
            subjects: ids.iter().map(subject).collect(),
            extra: Value::Null,
        }),
        channels: ids.iter().map(channel).collect(),
        secrets: Vec::new(),
        oauth: Vec::new(),
        telemetry: Some(TelemetryPlan {
            required: is_observed,
            suggested_endpoint: None,
            extra: Value::Null,
        }),
        extra: json!({ "pack_name": stated.name, "pack_kind": stated.kind }),
        pack_id: id,
    })
}
