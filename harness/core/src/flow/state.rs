//! The state of a flow between its nodes, and what templates and conditions see of it.

use super::routing::default_event;
use super::run::Message;
use crate::wizard::inputs::ProvisionInputs;
use greentic_types::{Flow, FlowKind, PackFlowEntry, Routing};
use serde_json::{Map, Value, json};

/// The answer of a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Output {
    pub(super) payload: Value,
    pub(super) ok: bool,
}

impl Output {
    pub(super) fn of(payload: Value) -> Self {
        Self { payload, ok: true }
    }
}

/// The state of a flow.
#[derive(Debug, Clone)]
pub(super) struct State {
    /// The message that started the flow, or the user's last reply.
    entry: Value,
    /// The input: the message, or what another flow handed over.
    input: Value,
    outputs: Map<String, Value>,
    last: Option<Value>,
    pub(super) vars: Map<String, Value>,
    /// The state store, by key.
    pub(super) stored: Map<String, Value>,
    /// How often another flow took over since the last message.
    pub(super) handovers: u64,
    /// Whether the harness made up a part of it: the answer of a live system, or a
    /// reply of the user. An error of a component may then follow from that.
    pub(super) guessed: bool,
    /// Whether a component asked a live host or the clock: it may answer the same input
    /// otherwise the next time.
    pub(super) live: bool,
}

/// The message, as messaging hosts pass it.
fn message(message: Message, inputs: &ProvisionInputs) -> Value {
    let (tenant, install) = (&inputs.tenant, &inputs.install_id);
    json!({
        "id": format!("{install}-message"),
        "tenant": {
            "env": tenant.environment_or_default(),
            "tenant": tenant.tenant_or_default(),
        },
        "channel": inputs.provider_id,
        "session_id": format!("{install}-session"),
        "from": { "id": format!("{install}-user"), "kind": "user" },
        "to": [],
        "text": message.text(),
        "attachments": [],
        "metadata": {},
    })
}

impl State {
    /// The state in which a message starts the flow of `entry`.
    pub(super) fn started(entry: &PackFlowEntry, by: Message, inputs: &ProvisionInputs) -> Self {
        let mut state = Self::with_input(&entry.flow, message(by, inputs));
        // Other flows expect an event, or what a flow that calls them hands over.
        let internal = entry.tags.iter().any(|tag| tag == "internal");
        state.guessed |= internal || entry.flow.kind != FlowKind::Messaging;
        state
    }

    /// The state in which `input` starts `flow`.
    pub(super) fn with_input(flow: &Flow, input: Value) -> Self {
        let mut state = Self {
            entry: input.clone(),
            input,
            outputs: Map::new(),
            last: None,
            vars: Map::new(),
            stored: Map::new(),
            handovers: 0,
            guessed: false,
            live: false,
        };
        let declared = flow.metadata.extra.get("vars_init");
        for (name, declared) in declared.and_then(Value::as_object).into_iter().flatten() {
            if let Some(default) = declared.get("default") {
                state.vars.insert(name.clone(), default.clone());
            } else if declared.get("required") == Some(&Value::Bool(true)) {
                // The host that starts the flow has to give a value.
                state.vars.insert(name.clone(), json!(""));
                state.guessed = true;
            }
        }
        state
    }

    /// The state in which this flow calls `flow` with `input`.
    pub(super) fn called(&self, flow: &Flow, input: Value) -> Self {
        let mut state = Self::with_input(flow, input);
        state.doubt(self);
        state.stored.clone_from(&self.stored);
        state
    }

    /// The flow that this one called has ended in the state `callee`.
    pub(super) fn returned(&mut self, callee: Self) {
        self.doubt(&callee);
        self.stored = callee.stored;
    }

    /// What is uncertain in `other` is uncertain here.
    fn doubt(&mut self, other: &Self) {
        self.guessed |= other.guessed;
        self.live |= other.live;
    }

    /// The user replies with a text.
    pub(super) fn reply(&mut self, inputs: &ProvisionInputs) {
        self.entry = message(Message::Text, inputs);
        self.input = self.entry.clone();
        self.handovers = 0;
        self.guessed = true;
    }

    /// Another flow takes over with this input.
    pub(super) fn hand_over(&mut self, input: Value) {
        self.input = input.clone();
        self.last = Some(input);
        self.handovers += 1;
    }

    /// Whether what follows is the same on every host: it depends on the message alone.
    pub(super) fn is_certain(&self) -> bool {
        !self.guessed && !self.live
    }

    /// Everything that nodes and routes depend on.
    pub(super) fn to_json(&self) -> Value {
        json!([
            self.entry,
            self.input,
            self.outputs,
            self.last,
            self.vars,
            self.stored,
            self.handovers,
        ])
    }

    /// Bytes of everything that the nodes left in it, as JSON.
    pub(super) fn bytes(&self) -> usize {
        let maps = [&self.outputs, &self.vars, &self.stored];
        let values = maps.into_iter().flat_map(|map| map.values());
        values.map(|value| value.to_string().len()).sum()
    }

    /// Keeps the answer of `node`.
    pub(super) fn keep(&mut self, node: &str, output: &Output) {
        self.outputs.insert(node.to_owned(), output.payload.clone());
        self.last = Some(output.payload.clone());
    }

    /// The answers so far, as templates and conditions see them.
    fn views(&self) -> Map<String, Value> {
        let view = |(node, payload): (&String, &Value)| {
            let view = match payload {
                Value::Object(map) => {
                    let mut view = map.clone();
                    let native = map.get("data").filter(|_| map.len() == 1);
                    view.insert("data".into(), native.unwrap_or(payload).clone());
                    view.entry("errors").or_insert_with(|| json!([]));
                    Value::Object(view)
                }
                other => other.clone(),
            };
            (node.clone(), view)
        };
        self.outputs.iter().map(view).collect()
    }

    /// The message; its own fields are also below `input`.
    fn aliased(&self) -> Value {
        let mut entry = self.entry.clone();
        let whole = entry.clone();
        if let Value::Object(map) = &mut entry {
            map.entry("input").or_insert(whole);
        }
        entry
    }

    /// What the templates of a node see.
    pub(super) fn template_context(&self) -> Value {
        let entry = if self.entry.is_null() {
            json!({})
        } else {
            self.aliased()
        };
        let payload = |(node, payload): (&String, &Value)| {
            let output = json!({ "ok": true, "payload": payload, "meta": null });
            (node.clone(), output)
        };
        let nodes: Map<String, Value> = self.outputs.iter().map(payload).collect();
        json!({
            "entry": entry,
            "in": entry,
            "prev": self.last.clone().unwrap_or_else(|| json!({})),
            "node": self.views(),
            "state": {
                "entry": self.entry,
                "input": self.input,
                "nodes": nodes,
                "redirect_count": self.handovers,
            },
            "vars": self.vars,
            // A fixed time, so that every walk is the same.
            "now": {
                "iso": "2000-01-01T00:00:00.000Z",
                "epoch_ms": 946_684_800_000_u64,
                "date": "2000-01-01",
            },
        })
    }

    /// What the conditions of a node's routes see after the node answered.
    pub(super) fn routing_context(&self, output: &Output, routing: &Routing) -> Value {
        let mut context = output.payload.as_object().cloned().unwrap_or_default();
        let entry = self.aliased();
        let part = |key: &str| {
            let wrapped = entry.get("input").and_then(|input| input.get(key));
            wrapped.or_else(|| entry.get(key)).cloned()
        };
        let metadata = part("metadata").and_then(|m| m.as_object().cloned());
        let mut response = metadata.unwrap_or_default();
        if let Some(text) = part("text").filter(|text| !text.is_null()) {
            response.insert("text".into(), text);
        }
        let own = output.payload.get("outcome").and_then(Value::as_str);
        let event = own.unwrap_or_else(|| default_event(routing, output.ok));
        let event = json!(event);
        context.insert("entry".into(), entry.clone());
        context.insert("in".into(), entry);
        context.insert("node".into(), Value::Object(self.views()));
        context.insert("response".into(), Value::Object(response));
        context.insert("event".into(), event);
        Value::Object(context)
    }
}
