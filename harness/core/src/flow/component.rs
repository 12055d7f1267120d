//! Calls the component of a node, with the input that the runner gives it.

use super::cards;
use super::host::{Control, Done, HandOver, Host, Place};
use super::routing::has_error_route;
use super::run::NodeRun;
use super::state::{Output, State};
use crate::text::inert;
use crate::wasm::is_interface;
use crate::wizard::call::{Call, CallContext, HostActivity, HostCall, HostVerdict};
use crate::wizard::executor::{StepAnswer, StepCode, StepFailure, StepOutcome, StepRequest};
use crate::wizard::session::bounded;
use crate::{cbor, components, json};
use greentic_types::{EnvId, InvocationEnvelope, TenantCtx, TenantId};
use serde_json::{Map, Value, json};
use std::str::FromStr;
use std::sync::Arc;

/// Interfaces that only a live host can answer. An error of a component that called
/// one of them may follow from the dry run.
const LIVE: [&str; 6] = [
    "greentic:http/",
    "greentic:secrets-store/",
    "greentic:oauth-broker/",
    "greentic:state/",
    "wasi:http/",
    "wasi:sockets/",
];

/// Interfaces through which the runner passes its whole envelope as JSON.
const ENVELOPED: [(&str, &str); 3] = [
    ("greentic:component/node", "0.4"),
    ("greentic:component/node", "0.5"),
    ("greentic:component/component-runtime", "0.6"),
];

/// A node that calls a component of the pack.
pub(super) struct Invocation<'i> {
    pub(super) host: &'i Host<'i>,
    pub(super) place: Place<'i>,
    /// The component's id.
    pub(super) component: &'i str,
    /// Whether the input of the node names the component.
    pub(super) by_input: bool,
}

/// The parts of an input that the runner reads itself.
struct Parts {
    payload: Value,
    metadata: Value,
}

impl Invocation<'_> {
    /// Calls the component, and records the call in `run`.
    pub(super) fn run(&self, operation: Option<&str>, state: &State, run: &mut NodeRun) -> Done {
        let file = match self.file() {
            Ok(file) => file,
            Err(done) => return done,
        };
        run.component = Some(file.clone());
        if components::exports_nothing(self.host.pack, &file) {
            let id = inert(self.component, 120);
            return Done::blocked(format!("component `{id}` exports nothing"));
        }
        let Some(operation) = operation else {
            return Done::blocked("the node names no operation");
        };
        let input = match self.input(operation, &file, state) {
            Ok(input) => input,
            Err(done) => return done,
        };
        let request = self.request(file, operation, input);
        let StepAnswer {
            result,
            meters,
            attempts,
            writes: _,
        } = self.host.executor.execute(self.host.pack, &request);
        (run.meters, run.attempts) = (meters, attempts);
        match result {
            Ok(StepOutcome::NotRun) => Done::not_run(),
            Ok(outcome) => match self.value(outcome) {
                Ok(value) => self.answered(value, state, &run.attempts),
                Err(failure) => Done::failure(failure),
            },
            Err(failure) if failure.code == StepCode::Step => {
                let error = json!({ "code": "component_error", "message": failure.message });
                let value = json!({ "ok": false, "error": error });
                self.erred(value, failure.message, state, &run.attempts)
            }
            Err(failure) => Done::failure(failure),
        }
    }

    /// The call of the operation with this input.
    pub(super) fn request(&self, file: String, operation: &str, input: Value) -> StepRequest {
        let call = Call::Invoke {
            operation: operation.to_owned(),
            context: Box::new(CallContext::at(
                self.host.inputs,
                self.place.flow,
                self.place.id,
                self.component,
            )),
            input,
        };
        StepRequest {
            component: file,
            call,
            grants: Arc::clone(&self.host.grants),
        }
    }

    /// The file of the component. Other checks report a component that is not there.
    pub(super) fn file(&self) -> Result<String, Done> {
        let (pack, manifest) = (self.host.pack, self.host.manifest);
        let id = inert(self.component, 120);
        let Some(file) = components::resolve(pack, manifest, self.component) else {
            let pinned = components::is_loaded(manifest, self.component)
                && components::sources(manifest).contains_key(self.component);
            return Err(if pinned {
                Done::withheld(format!("the pack does not contain component `{id}`"))
            } else {
                Done::blocked(format!("the pack has no component `{id}`"))
            });
        };
        Ok(file)
    }

    /// The input of the call.
    fn input(&self, operation: &str, file: &str, state: &State) -> Result<Value, Done> {
        let mapping = self.place.node.input.mapping.clone();
        let rendered = self.host.rendered(mapping, state)?;
        self.passed(rendered, operation, file)
    }

    /// What the runner passes for an input whose templates are rendered.
    pub(super) fn passed(
        &self,
        rendered: Value,
        operation: &str,
        file: &str,
    ) -> Result<Value, Done> {
        let limits = self.host.limits;
        let (mut input, config) = split(rendered, self.by_input);
        cards::prepare(&mut input, &config, self.host.pack, limits.depth);
        let input = if cards::is_card(&input) {
            input
        } else {
            let parts = parts(input);
            if self.enveloped(file) {
                self.envelope(operation, &parts)?
            } else {
                parts.payload
            }
        };
        bounded(&input, limits).map_err(Done::failure)?;
        Ok(input)
    }

    /// Whether the runner passes its envelope to the component in `file`.
    fn enveloped(&self, file: &str) -> bool {
        let exports = self.host.pack.info(file).map(|info| &info.exports);
        let has = |name: &str, version: &str| {
            let mut exports = exports.into_iter().flatten();
            exports.any(|export| is_interface(export, name, version))
        };
        !has("greentic:component/node", "0.6") && ENVELOPED.iter().any(|(n, v)| has(n, v))
    }

    fn envelope(&self, operation: &str, parts: &Parts) -> Result<Value, Done> {
        let wrong = |e: String| Done::failed(StepCode::Input, e);
        let inputs = self.host.inputs;
        let env = EnvId::from_str(inputs.tenant.environment_or_default());
        let env = env.map_err(|e| wrong(e.to_string()))?;
        let tenant = TenantId::from_str(inputs.tenant.tenant_or_default());
        let tenant = tenant.map_err(|e| wrong(e.to_string()))?;
        let (flow, node) = (self.place.flow, self.place.id);
        let ctx = TenantCtx::new(env, tenant)
            .with_flow(flow)
            .with_provider(inputs.provider_id.as_str())
            .with_session(format!("{}-session", inputs.install_id))
            .with_node(node)
            .with_attempt(1);
        let envelope = InvocationEnvelope {
            ctx,
            flow_id: flow.to_owned(),
            node_id: Some(node.to_owned()),
            op: operation.to_owned(),
            payload: parts.payload.to_string().into_bytes(),
            metadata: parts.metadata.to_string().into_bytes(),
        };
        serde_json::to_value(&envelope).map_err(|e| wrong(e.to_string()))
    }

    /// Reads the bytes of an answer. Text that is not JSON is a string.
    pub(super) fn value(&self, outcome: StepOutcome) -> Result<Value, StepFailure> {
        let depth = self.host.limits.depth;
        match outcome {
            StepOutcome::NotRun => Ok(Value::Null),
            StepOutcome::Cbor(bytes) => {
                let tree = cbor::parse(&bytes, depth);
                let value = tree.and_then(|tree| cbor::to_json(&tree));
                value.map_err(|e| StepFailure::new(StepCode::OutputCbor, e.to_string()))
            }
            StepOutcome::Json(bytes) if bytes.is_empty() => Ok(Value::Null),
            StepOutcome::Json(bytes) => match json::parse(&bytes, depth) {
                Ok(value) => Ok(value),
                Err(json::JsonError::Syntax { .. }) => Ok(json!(String::from_utf8_lossy(&bytes))),
                Err(error) => Err(StepFailure::new(StepCode::OutputJson, error.to_string())),
            },
        }
    }

    /// What follows from an answer: it may be an error, or a command to the runner.
    fn answered(&self, value: Value, state: &State, attempts: &HostActivity) -> Done {
        if let Some(message) = error_in(&value) {
            return self.erred(value, message, state, attempts);
        }
        let control = value.get("greentic_control");
        let action = control.and_then(|c| c.get("action")?.as_str());
        Done::answered(match (action, control) {
            (Some("respond"), _) => Control::Respond,
            (Some("jump"), Some(record)) => match HandOver::read(record, "payload") {
                Some(to) => Control::HandOver(to),
                None => return Done::failed(StepCode::Step, "the component jumps to no flow"),
            },
            _ => Control::Continue(Output::of(value)),
        })
    }

    /// What follows from an error of the component.
    fn erred(&self, payload: Value, message: String, state: &State, did: &HostActivity) -> Done {
        if has_error_route(&self.place.node.routing) {
            let output = Output { payload, ok: false };
            return Done::answered(Control::Continue(output));
        }
        let why = inert(&message, 300);
        if needs_live_host(did) {
            Done::withheld(format!("it needs a live host: {why}"))
        } else if state.guessed {
            Done::withheld(format!("it refuses input that the harness made up: {why}"))
        } else {
            Done::failed(StepCode::Step, why)
        }
    }
}

/// Whether a component asked for what only a live host can answer.
fn needs_live_host(did: &HostActivity) -> bool {
    let live = |name: &str| LIVE.iter().any(|prefix| name.starts_with(prefix));
    let mut calls = did.calls.iter();
    calls.any(|call| call.verdict == HostVerdict::Denied || live(&call.interface))
}

/// Whether a component may answer the same input otherwise on a live host, or later.
pub(super) fn may_answer_otherwise(did: &HostActivity) -> bool {
    let clock = |call: &HostCall| call.interface.starts_with("wasi:clocks/");
    needs_live_host(did) || did.calls.iter().any(clock)
}

/// The input and the config in a rendered mapping.
fn split(mapping: Value, by_input: bool) -> (Value, Value) {
    let Value::Object(mut map) = mapping else {
        return (mapping, Value::Null);
    };
    let known = [
        "operation",
        "op",
        "component",
        "component_ref",
        "input",
        "config",
    ];
    let only_known = map.keys().all(|key| known.contains(&key.as_str()));
    let is_wrapped = map.contains_key("input") && only_known;
    if !by_input && !is_wrapped {
        return (Value::Object(map), Value::Null);
    }
    let mut take = |key: &str| map.remove(key).unwrap_or_default();
    (take("input"), take("config"))
}

/// The payload and the metadata in an input, under any of their names.
fn parts(input: Value) -> Parts {
    let Value::Object(mut map) = input else {
        return Parts {
            payload: input,
            metadata: Value::Null,
        };
    };
    if let Some(Value::Object(mut envelope)) = map.remove("envelope") {
        return Parts {
            payload: envelope.remove("payload").unwrap_or_default(),
            metadata: envelope.remove("metadata").unwrap_or_default(),
        };
    }
    let take = |map: &mut Map<String, Value>, names: [&str; 2]| {
        let [name, other] = names;
        map.remove(name).or_else(|| map.remove(other))
    };
    let operation = take(&mut map, ["op", "operation"]);
    let payload = take(&mut map, ["payload", "input"]).unwrap_or_default();
    let metadata = take(&mut map, ["metadata", "config"]).unwrap_or_default();
    let none = payload.is_null() && metadata.is_null() && operation.is_none();
    let payload = if payload.is_null() && (none || !map.is_empty()) {
        Value::Object(map)
    } else {
        payload
    };
    Parts { payload, metadata }
}

/// The message of an error in an answer: `ok: false` with an error, or an error
/// record without a result.
fn error_in(value: &Value) -> Option<String> {
    let map = value.as_object()?;
    let error = map.get("error")?.as_object()?;
    let failed = match map.get("ok").and_then(Value::as_bool) {
        Some(ok) => !ok,
        None => !map.contains_key("result"),
    };
    let text = |key: &str| error.get(key).and_then(Value::as_str);
    let code = text("code").unwrap_or("component_error");
    let message = text("message").unwrap_or("no message");
    failed.then(|| format!("{code}: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runner_reads_payload_and_metadata_under_their_older_names() {
        for (input, payload, metadata) in [
            (json!({"a": 1}), json!({"a": 1}), json!(null)),
            (json!({"op": "x", "a": 1}), json!({"a": 1}), json!(null)),
            (
                json!({"input": {"a": 1}, "b": 2}),
                json!({"a": 1}),
                json!(null),
            ),
            (
                json!({"config": {"c": 1}, "b": 2}),
                json!({"b": 2}),
                json!({"c": 1}),
            ),
            (json!({"envelope": {"payload": 7}}), json!(7), json!(null)),
            (json!("text"), json!("text"), json!(null)),
            (json!({}), json!({}), json!(null)),
        ] {
            let parts = parts(input.clone());
            assert_eq!(parts.payload, payload, "{input}");
            assert_eq!(parts.metadata, metadata, "{input}");
        }
        let exec = json!({"component": "echo", "input": {"a": 1}, "more": 1});
        assert_eq!(split(exec, true), (json!({"a": 1}), Value::Null));
        let more = json!({"input": {"a": 1}, "more": 1});
        assert_eq!(split(more.clone(), false), (more, Value::Null));
    }

    #[test]
    fn error_record_in_an_answer_is_an_error() {
        let error = json!({"code": "c", "message": "m"});
        assert_eq!(
            error_in(&json!({"ok": false, "error": error})),
            Some("c: m".into())
        );
        assert_eq!(error_in(&json!({"error": error})), Some("c: m".into()));
        assert_eq!(error_in(&json!({"error": error, "result": 1})), None);
        assert_eq!(error_in(&json!({"ok": true, "error": error})), None);
        assert_eq!(error_in(&json!({"error": "text"})), None);
    }
}
