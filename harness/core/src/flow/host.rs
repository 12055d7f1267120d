//! The host of a walk: what all nodes share, and how a flow goes on after a node.

use super::run::NodeResult;
use super::state::{Output, State};
use crate::limits::Limits;
use crate::pack::Pack;
use crate::wizard::call::Grants;
use crate::wizard::executor::{StepCode, StepExecutor, StepFailure};
use crate::wizard::inputs::ProvisionInputs;
use crate::wizard::session::grants;
use crate::wizard::templates;
use greentic_types::{Node, PackManifest};
use serde_json::{Value, json};
use std::sync::Arc;

/// Keys of a node's input that only the runner reads.
const OWN_KEYS: [&str; 2] = ["vars_out", "response_timeout_secs"];
/// Hand-overs to another flow in one turn, unless the node says another bound.
const HANDOVERS: u64 = 3;

/// Everything that is the same for all nodes of a walk.
pub(super) struct Host<'a> {
    pub(super) executor: &'a dyn StepExecutor,
    pub(super) pack: &'a Pack,
    pub(super) manifest: &'a PackManifest,
    pub(super) inputs: &'a ProvisionInputs,
    pub(super) grants: Arc<Grants>,
    pub(super) limits: &'a Limits,
}

impl<'a> Host<'a> {
    /// The host of `pack`; `None` if its manifest has no flows.
    pub(super) fn of(
        executor: &'a dyn StepExecutor,
        pack: &'a Pack,
        inputs: &'a ProvisionInputs,
        limits: &'a Limits,
    ) -> Option<Self> {
        Some(Self {
            executor,
            pack,
            manifest: pack.manifest().pack_v1.as_deref()?,
            inputs,
            grants: Arc::new(grants(inputs)),
            limits,
        })
    }
}

/// A node and the id of its flow.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'p> {
    pub(super) flow: &'p str,
    pub(super) id: &'p str,
    pub(super) node: &'p Node,
}

/// How the flow goes on after a node.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Control {
    /// By the node's routing.
    Continue(Output),
    /// By the node's routing, after the user's reply.
    Reply(Output),
    /// In another flow, which takes over.
    HandOver(HandOver),
    /// In another flow, and then by the node's routing.
    Call {
        /// The other flow.
        flow: String,
        /// Its input.
        input: Value,
    },
    /// Along each route, because only a live host has the answer.
    EachRoute,
    /// The component ended the flow with an answer to the user.
    Respond,
    /// Not at all.
    Stop,
}

/// A flow that takes over.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct HandOver {
    pub(super) flow: String,
    /// Where it starts, if not at its own entry.
    pub(super) node: Option<String>,
    pub(super) input: Value,
    /// Most hand-overs in one turn.
    pub(super) bound: u64,
}

impl HandOver {
    /// Reads the input of `flow.goto`, or the control record of a component, whose
    /// input is in `input_key`.
    pub(super) fn read(record: &Value, input_key: &str) -> Option<Self> {
        let text = |key: &str| {
            let text = record.get(key).and_then(Value::as_str).map(str::trim);
            text.filter(|t| !t.is_empty()).map(str::to_owned)
        };
        let bound = record.get("max_redirects").and_then(Value::as_u64);
        Some(Self {
            flow: text("flow_id").or_else(|| text("flow"))?,
            node: text("node"),
            input: record.get(input_key).cloned().unwrap_or_default(),
            bound: bound.unwrap_or(HANDOVERS),
        })
    }
}

/// What happened at a node, and how the flow goes on.
pub(super) struct Done {
    pub(super) result: NodeResult,
    pub(super) control: Control,
}

impl Done {
    pub(super) fn of(result: NodeResult, control: Control) -> Self {
        Self { result, control }
    }

    pub(super) fn failed(code: StepCode, message: impl Into<String>) -> Self {
        Self::failure(StepFailure::new(code, message))
    }

    pub(super) fn failure(failure: StepFailure) -> Self {
        Self::of(NodeResult::Failed(failure), Control::Stop)
    }

    pub(super) fn blocked(why: impl Into<String>) -> Self {
        Self::of(NodeResult::Blocked(why.into()), Control::Stop)
    }

    pub(super) fn withheld(why: impl Into<String>) -> Self {
        Self::of(NodeResult::Withheld(why.into()), Control::EachRoute)
    }

    pub(super) fn answered(control: Control) -> Self {
        Self::of(NodeResult::Answered, control)
    }

    pub(super) fn not_run() -> Self {
        Self::of(NodeResult::NotRun, Control::EachRoute)
    }

    pub(super) fn carried_out(control: Control) -> Self {
        Self::of(NodeResult::CarriedOut, control)
    }
}

impl Host<'_> {
    /// Renders the templates of an input.
    pub(super) fn rendered(&self, mut mapping: Value, state: &State) -> Result<Value, Done> {
        if let Value::Object(map) = &mut mapping {
            map.retain(|key, _| !OWN_KEYS.contains(&key.as_str()));
        }
        let bytes = self.limits.step.input_bytes;
        let rendered = templates::render(&mapping, &state.template_context(), bytes);
        rendered.map_err(|failure| {
            // The runner renders loops and partials.
            if templates::is_program(&mapping) {
                Done::blocked(failure.message)
            } else {
                Done::failure(failure)
            }
        })
    }

    /// Sets the variables that a node binds to its answer.
    pub(super) fn bind(&self, node: &Node, state: &mut State) -> Result<(), Done> {
        let bindings = node
            .input
            .mapping
            .get("vars_out")
            .and_then(Value::as_object);
        for (name, template) in bindings.into_iter().flatten() {
            // NB: `rendered` drops keys of an object that it would drop of a node.
            let value = self.rendered(json!([template]), state)?;
            let value = value.get(0).cloned().unwrap_or_default();
            state.vars.insert(name.clone(), value);
        }
        Ok(())
    }
}
