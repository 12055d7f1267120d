//! `greentic:provision/provisioner`: its `plan` returns the changes (step apply),
//! its `apply` reports what was done (step summary).

use crate::json::pointer_key;
use crate::text::inert;
use crate::wizard::call::Call;
use crate::wizard::executor::{StepCode, StepFailure};
use crate::wizard::kind::WizardKind;
use crate::wizard::output::StepOutput;
use crate::wizard::plan::{
    ProvisionPlanPatch, RedactedValue, SecretsPatch, SubscriptionOp, WebhookOp,
};
use crate::wizard::session::{PendingStep, Session, embedded};
use crate::wizard::steps::{ProvisionMode, ProvisionStep};
use greentic_types::validate::Diagnostic;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Calls `plan`, then `apply` with the answer of `plan`.
pub(in crate::wizard) fn drive(session: &mut Session<'_>, component: &str) {
    let inputs = inputs(session);
    let depth = session.limits.depth;
    let due = PendingStep::of(ProvisionStep::Apply, component);
    let call = Call::Plan {
        inputs: inputs.clone(),
    };
    let planned = session.call(due, call, &|plan| planned(plan, depth));
    let Some(plan) = planned.and_then(|output| output.data.get("answered").cloned()) else {
        return;
    };
    if session.refused() {
        return;
    }
    let due = PendingStep::of(ProvisionStep::Summary, component);
    session.call(due, Call::Apply { inputs, plan }, &|reported| {
        Ok(StepOutput {
            diagnostics: diagnostics(Some(&reported))?,
            ..StepOutput::data(json!({ "diagnostics": reported }))
        })
    });
}

/// `provision-inputs`, with the field names of the interface.
fn inputs(session: &Session<'_>) -> Value {
    let inputs = session.inputs;
    let mode = match (session.mode, session.wizard.kind) {
        (ProvisionMode::Delete, _) | (_, WizardKind::Remove) => "remove",
        (ProvisionMode::Update, _) | (_, WizardKind::Update) => "update",
        _ => "install",
    };
    let existing = inputs.existing_state.as_ref().map(|state| {
        let part = |key: &str| state.get(key).map(Value::to_string);
        json!({
            "config-json": part("config"),
            "secrets-json": part("secrets"),
            "webhooks": [],
            "subscriptions": [],
        })
    });
    json!({
        "tenant": {
            "tenant-id": inputs.tenant.tenant_or_default(),
            "tenant-name": null,
            "org-id": null,
            "org-name": null,
        },
        "provider": {
            "provider-id": inputs.provider_id,
            "install-id": inputs.install_id,
            "public-base-url": inputs.public_base_url,
        },
        "mode": mode,
        "answers": answers(&inputs.answers),
        "existing": existing,
    })
}

/// The answers as pairs of strings; a value that is not a string becomes JSON text.
fn answers(answers: &Value) -> Value {
    let mut flat = BTreeMap::new();
    let mut add = |map: &Map<String, Value>| {
        for (key, value) in map {
            let text = match value {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            flat.insert(key.clone(), text);
        }
    };
    if let Some(map) = answers.as_object() {
        let nested = |key: &str| map.get(key).and_then(Value::as_object);
        let (config, secrets) = (nested("config"), nested("secrets"));
        if config.is_none() && secrets.is_none() {
            add(map);
        }
        for part in [config, secrets].into_iter().flatten() {
            add(part);
        }
    }
    let pairs = flat.into_iter();
    Value::Array(
        pairs
            .map(|(k, v)| json!({ "key": k, "value": v }))
            .collect(),
    )
}

/// A `provision-plan` as a step's output. Its data keeps the unchanged plan below
/// `answered`, because `apply` takes it as input.
fn planned(plan: Value, depth: usize) -> Result<StepOutput, StepFailure> {
    let patch = |key: &str| match plan.get(key).and_then(Value::as_str) {
        Some(text) => embedded(text, depth, key).map(Some),
        None => Ok(None),
    };
    let config = patch("config-patch")?.map(config).transpose()?;
    let secrets = patch("secrets-patch")?.map(secrets).transpose()?;
    let patch = ProvisionPlanPatch {
        config_patch: config,
        secrets_patch: secrets,
        webhook_ops: Some(items(&plan, "webhooks", webhook)?),
        subscription_ops: Some(items(&plan, "subscriptions", subscription)?),
        oauth_ops: None,
        notes: None,
    };
    Ok(StepOutput {
        diagnostics: diagnostics(plan.get("diagnostics"))?,
        plan_patch: Some(patch),
        ..StepOutput::data(json!({ "answered": plan }))
    })
}

fn shape(what: impl Into<String>) -> StepFailure {
    StepFailure::new(StepCode::OutputShape, what)
}

fn items<T>(
    plan: &Value,
    key: &str,
    read: fn(&Value) -> Result<T, StepFailure>,
) -> Result<Vec<T>, StepFailure> {
    let items = plan.get(key).and_then(Value::as_array);
    items.into_iter().flatten().map(read).collect()
}

fn decode<T: DeserializeOwned>(value: &Value, what: &str) -> Result<T, StepFailure> {
    T::deserialize(value).map_err(|e| shape(format!("{what}: {}", inert(&e.to_string(), 200))))
}

fn webhook(op: &Value) -> Result<WebhookOp, StepFailure> {
    let verb = match op.get("action").and_then(Value::as_str) {
        Some("create") => "register",
        Some(other) => other,
        None => return Err(shape("a webhook without action")),
    };
    let metadata = json!({ "events": op.get("events") });
    let op =
        json!({ "op": verb, "id": op.get("name"), "url": op.get("url"), "metadata": metadata });
    decode(&op, "webhooks")
}

fn subscription(op: &Value) -> Result<SubscriptionOp, StepFailure> {
    let metadata = json!({ "endpoint": op.get("endpoint") });
    let op = json!({ "op": op.get("action"), "id": op.get("topic"), "metadata": metadata });
    decode(&op, "subscriptions")
}

fn diagnostics(list: Option<&Value>) -> Result<Vec<Diagnostic>, StepFailure> {
    let items = list.and_then(Value::as_array).into_iter().flatten();
    items.map(|d| decode(d, "diagnostics")).collect()
}

/// A merge patch (RFC 7386) or a list of operations (RFC 6902).
fn config(patch: Value) -> Result<BTreeMap<String, Value>, StepFailure> {
    match patch {
        Value::Object(map) => Ok(map.into_iter().collect()),
        Value::Array(ops) => ops.iter().map(operation).collect(),
        _ => Err(shape("config-patch is neither an object nor a list")),
    }
}

/// One operation as a key and its new value; `null` removes the key.
fn operation(op: &Value) -> Result<(String, Value), StepFailure> {
    let text = |key: &str| op.get(key).and_then(Value::as_str);
    let path = text("path").and_then(|p| p.strip_prefix('/'));
    let key = path.map(pointer_key);
    let key = key.ok_or_else(|| shape("a patch operation without a path"))?;
    match (text("op"), op.get("value")) {
        (Some("add" | "replace"), Some(value)) => Ok((key, value.clone())),
        (Some("remove"), _) => Ok((key, Value::Null)),
        _ => Err(shape("a patch operation other than add, replace, remove")),
    }
}

fn secrets(patch: Value) -> Result<SecretsPatch, StepFailure> {
    let is_patch = |map: &Map<String, Value>| {
        !map.is_empty() && map.keys().all(|key| key == "set" || key == "delete")
    };
    if patch.as_object().is_some_and(is_patch) {
        return decode(&patch, "secrets-patch");
    }
    let mut secrets = SecretsPatch::default();
    for (key, value) in config(patch)? {
        match value {
            Value::Null => secrets.delete.push(key),
            value => {
                let value: RedactedValue = decode(&value, "secrets-patch")?;
                secrets.set.insert(key, value);
            }
        }
    }
    Ok(secrets)
}
