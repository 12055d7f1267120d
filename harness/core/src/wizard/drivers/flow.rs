//! Runs the graph of a pack-v1 flow: starts at the entrypoint and follows the routing.

use crate::components;
use crate::flow::{Target, target};
use crate::text::inert;
use crate::wizard::call::{Call, CallContext};
use crate::wizard::executor::{StepCode, StepFailure};
use crate::wizard::kind::WizardKind;
use crate::wizard::output::StepOutput;
use crate::wizard::session::{PendingStep, Session, bounded};
use crate::wizard::steps::ProvisionStep;
use crate::wizard::templates;
use greentic_types::{Flow, Node, PackManifest, Routing};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;

/// Walks the graph of `flow` until it ends, a node refuses, or a bound is reached.
pub(in crate::wizard) fn drive(session: &mut Session<'_>, flow: &str) {
    let pack = session.pack;
    let manifest = pack.manifest().pack_v1.as_deref();
    let found = manifest.and_then(|m| {
        let entry = m.flows.iter().find(|f| f.id.as_str() == flow)?;
        Some((m, &entry.flow))
    });
    let Some((manifest, graph)) = found else {
        let flow = inert(flow, 80);
        let message = format!("the graph of flow `{flow}` is not in a pack-v1 manifest");
        return stop(session, None, StepCode::Unsupported, message);
    };
    let mut walk = Walk {
        flow,
        manifest,
        graph,
        outputs: Map::new(),
        visits: BTreeMap::new(),
    };
    let mut next = walk.entry(session);
    while let Some(id) = next {
        next = walk.step(session, &id);
        if session.refused() {
            return;
        }
    }
    let is_setup = session.wizard.kind == WizardKind::Setup;
    if is_setup && session.sets_nothing() && walk.ended_well(session) {
        let failed = session.failed();
        let mut questions = session.wizard.form.questions.iter();
        // NB: the effect counts; a node may have the name of the step and do nothing.
        if let Some(required) = questions.find(|q| q.required && !failed) {
            let (flow, id) = (inert(flow, 80), inert(&required.id, 80));
            let message =
                format!("flow `{flow}` sets nothing up, although the setup form requires `{id}`");
            stop(session, None, StepCode::Missing, message);
        }
    }
}

/// The state of a walk: the outputs and the visits so far.
struct Walk<'m> {
    flow: &'m str,
    manifest: &'m PackManifest,
    graph: &'m Flow,
    outputs: Map<String, Value>,
    visits: BTreeMap<String, usize>,
}

impl Walk<'_> {
    /// The first node: the entrypoint of the wizard's kind, else the default one,
    /// else the only one, else the first node of the graph.
    fn entry(&self, session: &mut Session<'_>) -> Option<String> {
        let entries = &self.graph.entrypoints;
        let named = [session.wizard.kind.entry(), "default"];
        let mut named = named.into_iter().filter_map(|name| entries.get(name));
        let only = || entries.values().next().filter(|_| entries.len() == 1);
        match named.next().or_else(only) {
            Some(Value::String(node)) => Some(node.clone()),
            Some(other) => {
                let message = format!("the entrypoint is {}", inert(&other.to_string(), 80));
                stop(session, None, StepCode::Flow, message);
                None
            }
            None => {
                let first = self.graph.nodes.keys().next();
                first.map(|id| id.as_str().to_owned())
            }
        }
    }

    /// Whether the walk ended without a routing failure.
    fn ended_well(&self, session: &Session<'_>) -> bool {
        let lost = |s: &crate::wizard::StepRun| {
            matches!(
                s.failure().map(|f| f.code),
                Some(StepCode::Flow | StepCode::FlowLoop | StepCode::Unsupported)
            )
        };
        !session.steps().iter().any(lost)
    }

    /// Runs the node `id` and returns the next one.
    fn step(&mut self, session: &mut Session<'_>, id: &str) -> Option<String> {
        let graph = self.graph;
        let found = graph.nodes.iter().find(|(node, _)| node.as_str() == id);
        let Some((_, node)) = found else {
            let message = format!("the flow has no node `{}`", inert(id, 80));
            stop(session, None, StepCode::Flow, message);
            return None;
        };
        let visits = self.visits.entry(id.to_owned()).or_default();
        *visits += 1;
        let limits = &session.limits.flow;
        let total: usize = self.visits.values().sum();
        if self.visits[id] > limits.visits || total > limits.nodes {
            let message = format!(
                "node `{}` would run again after {total} nodes; bounds: {} for a node, {} for all",
                inert(id, 80),
                limits.visits,
                limits.nodes
            );
            stop(session, Some(id), StepCode::FlowLoop, message);
            return None;
        }
        let step = self.bound_step(session.wizard.kind, id);
        let output = self.run(session, id, node, step);
        let answered = session.steps().iter().filter_map(|s| s.raw.as_ref());
        let bytes: usize = answered.map(Vec::len).sum();
        if bytes > session.limits.flow.answer_bytes {
            let limit = session.limits.flow.answer_bytes;
            let message = format!("the nodes answered {bytes} bytes together, bound {limit}");
            stop(session, Some(id), StepCode::Output, message);
            return None;
        }
        let status = status(output.as_ref());
        if let Some(output) = output {
            self.outputs.insert(id.to_owned(), output.data);
        }
        self.route(session, id, &node.routing, &status)
    }

    /// The step that a node is bound to by its name.
    fn bound_step(&self, kind: WizardKind, id: &str) -> ProvisionStep {
        if kind == WizardKind::Requirements {
            return ProvisionStep::Requirements;
        }
        let prefix = format!("{}__", self.flow);
        match id.strip_prefix(&prefix) {
            Some("emit_questions" | "collect") => ProvisionStep::Collect,
            Some("validate") => ProvisionStep::Validate,
            Some("apply") => ProvisionStep::Apply,
            Some("summary" | "summarize") => ProvisionStep::Summary,
            _ => ProvisionStep::Node,
        }
    }

    fn run(
        &self,
        session: &mut Session<'_>,
        id: &str,
        node: &Node,
        step: ProvisionStep,
    ) -> Option<StepOutput> {
        let mut due = PendingStep {
            step,
            node: Some(id.to_owned()),
            component: None,
            contract: false,
        };
        let context = self.context(session);
        let bytes = session.limits.step.input_bytes;
        let input = templates::render(&node.input.mapping, &context, bytes);
        let input = input.and_then(|input| bounded(&input, session.limits).map(|()| input));
        let input = match input {
            Ok(input) => input,
            Err(failure) => return session.answer(due, "input", Err(failure)).cloned(),
        };
        let target = target(node);
        let (component, operation) = match &target {
            Target::Component { id, operation, .. } => (id.as_str(), operation.as_deref()),
            _ => (node.component.id.as_str(), None),
        };
        let file = self.file(session, node, component);
        if matches!(target, Target::Builtin(_) | Target::Incomplete { .. }) {
            let (name, result) = builtin(node, session, input);
            return session.answer(due, &name, result).cloned();
        }
        let operation = operation.unwrap_or_default();
        match file {
            Ok(file) => due.component = Some(file),
            Err(failure) => {
                let function = format!("invoke {}", inert(operation, 80));
                return session.answer(due, &function, Err(failure)).cloned();
            }
        }
        let call = Call::Invoke {
            operation: operation.to_owned(),
            context: Box::new(CallContext::at(session.inputs, self.flow, id, component)),
            input,
        };
        session.call(due, call, &StepOutput::of_node).cloned()
    }

    fn file(&self, session: &Session<'_>, node: &Node, id: &str) -> Result<String, StepFailure> {
        if let Some(alias) = &node.component.pack_alias {
            let message = format!(
                "component `{}` belongs to another pack (`{}`), which is not available",
                inert(id, 80),
                inert(alias, 80)
            );
            return Err(StepFailure::new(StepCode::Missing, message));
        }
        components::resolve(session.pack, self.manifest, id).ok_or_else(|| {
            let id = inert(id, 80);
            let message =
                format!("the pack has no file for component `{id}` (components/{id}.wasm)");
            StepFailure::new(StepCode::Missing, message)
        })
    }

    fn route(
        &self,
        session: &mut Session<'_>,
        id: &str,
        routing: &Routing,
        status: &str,
    ) -> Option<String> {
        match routing {
            Routing::End | Routing::Reply => None,
            Routing::Next { node_id } => Some(node_id.as_str().to_owned()),
            Routing::Branch { on_status, default } => {
                let next = on_status.get(status).or(default.as_ref());
                if next.is_none() {
                    let status = inert(status, 40);
                    let message = format!("no branch for status `{status}`, and no default");
                    stop(session, Some(id), StepCode::Flow, message);
                }
                next.map(|node| node.as_str().to_owned())
            }
            Routing::Custom(value) => {
                let value = inert(&value.to_string(), 160);
                let message =
                    format!("custom routing, which only Greentic's runtime can follow: {value}");
                stop(session, Some(id), StepCode::Unsupported, message);
                None
            }
        }
    }

    /// The values that templates may refer to.
    fn context(&self, session: &Session<'_>) -> Value {
        let inputs = session.inputs;
        let answers = &inputs.answers;
        let part = |key: &str| answers.get(key).cloned().unwrap_or_else(|| json!({}));
        let id = |suffix: &str| format!("{}-{suffix}", inputs.install_id);
        let input = json!({
            "mode": session.mode,
            "dry_run": !session.applies(),
            "provider_id": inputs.provider_id,
            "install_id": inputs.install_id,
            "public_base_url": inputs.public_base_url,
            "tenant": inputs.tenant,
            "tenant_id": inputs.tenant.tenant,
            "answers": answers,
            "answers_json": answers.to_string(),
            "config": part("config"),
            "secrets": part("secrets"),
            "existing_state": inputs.existing_state,
            "msg": {
                "id": id("message"),
                "channel": inputs.provider_id,
                "session_id": id("session"),
                "tenant_id": inputs.tenant.tenant,
                "correlation_id": id("correlation"),
                "user_id": inputs.tenant.user,
                "reply_scope": null,
                "text": "",
                "metadata": {},
                "message": { "id": id("message"), "text": "" },
            },
        });
        let payload = |(key, value): (&String, &Value)| (key.clone(), json!({ "payload": value }));
        let payloads: Map<String, Value> = self.outputs.iter().map(payload).collect();
        json!({
            "state": { "input": input },
            "input": input,
            "node": self.outputs,
            "nodes": payloads,
        })
    }
}

/// The status that selects a branch: the output's own `status`, else `ok` if there
/// is an output and `error` if there is none.
fn status(output: Option<&StepOutput>) -> String {
    let own = output.and_then(|o| o.data.get("status")?.as_str());
    let default = if output.is_some() { "ok" } else { "error" };
    own.unwrap_or(default).to_owned()
}

/// Does what Greentic's runtime does for a node without a component.
fn builtin(
    node: &Node,
    session: &Session<'_>,
    input: Value,
) -> (String, Result<StepOutput, StepFailure>) {
    let id = node.component.id.as_str();
    let kind = match (id, &node.component.operation) {
        ("" | "component.exec", Some(operation)) => operation.as_str(),
        _ => id,
    };
    let result = if kind.starts_with("emit.") {
        Ok(StepOutput::data(input))
    } else if kind == "session.wait" {
        // The answers are the user's reply.
        Ok(StepOutput::data(session.inputs.answers.clone()))
    } else {
        let message = format!(
            "`{}` is a function of Greentic's runtime that the harness does not implement",
            inert(kind, 80)
        );
        Err(StepFailure::new(StepCode::Unsupported, message))
    };
    (inert(kind, 80), result)
}

/// Records why the walk ends early.
fn stop(session: &mut Session<'_>, node: Option<&str>, code: StepCode, message: String) {
    let due = PendingStep {
        step: match code {
            StepCode::Missing => ProvisionStep::Apply,
            _ => ProvisionStep::Node,
        },
        node: node.map(str::to_owned),
        component: None,
        contract: false,
    };
    session.answer(due, "routing", Err(StepFailure::new(code, message)));
}
