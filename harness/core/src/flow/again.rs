//! Runs a node again with an input that somebody recorded.

use super::component::{Invocation, may_answer_otherwise};
use super::host::{Done, Host, Place};
use super::resolve::{Target, recorded, target};
use super::run::NodeResult;
use crate::limits::Limits;
use crate::pack::Pack;
use crate::text::inert;
use crate::wizard::call::HostActivity;
use crate::wizard::executor::{StepAnswer, StepCode, StepExecutor, StepFailure, StepOutcome};
use crate::wizard::inputs::ProvisionInputs;
use greentic_types::{Node, PackManifest};
use serde_json::{Value, json};

/// A node that ran, as it was recorded.
#[derive(Debug, Clone, Copy)]
pub struct RecordedRun<'r> {
    /// The flow of the trace. The node may be one of another flow that it leads to.
    pub flow: &'r str,
    /// The node.
    pub node: &'r str,
    /// The component that is recorded.
    pub component: &'r str,
    /// The operation that is recorded.
    pub operation: &'r str,
    /// The input, whose templates are rendered.
    pub payload: &'r Value,
}

/// The result of running a node again.
#[derive(Debug)]
pub enum Again {
    /// The node is a function of the runner. No component runs.
    NoComponent,
    /// It cannot run here, with the reason.
    NotRun(String),
    /// The answer, as the runner passes it on.
    Answered {
        /// The answer.
        value: Value,
        /// Whether a live host, or another time, may have another one.
        otherwise: bool,
    },
    /// It failed.
    Failed(StepFailure),
}

/// Runs the node of `run` again.
#[must_use]
pub fn again(
    executor: &dyn StepExecutor,
    pack: &Pack,
    inputs: &ProvisionInputs,
    limits: &Limits,
    run: &RecordedRun<'_>,
) -> Again {
    let Some(host) = Host::of(executor, pack, inputs, limits) else {
        return Again::NotRun("the manifest of the pack has no flows".into());
    };
    let Some(node) = find(host.manifest, run) else {
        return Again::NotRun("no node of the pack names what the step does".into());
    };
    let (component, by_input) = match target(node) {
        Target::Component { id, by_input, .. } => (id, by_input),
        Target::Builtin(_) => return Again::NoComponent,
        Target::OtherPack { alias } => {
            let alias = inert(alias, 80);
            return Again::NotRun(format!("its component is in the pack `{alias}`"));
        }
        Target::Incomplete { lacks } => return Again::NotRun(format!("the node lacks {lacks}")),
    };
    let named = |key: &str| run.payload.get(key).and_then(Value::as_str);
    // NB: the node may name its component by a template.
    let named_component = named("component").or_else(|| named("component_ref"));
    let component = match named_component {
        Some(named) if by_input => named.to_owned(),
        _ => component,
    };
    let operation = match run.operation {
        "unknown" => named("operation").or_else(|| named("op")),
        named => Some(named),
    };
    let Some(operation) = operation else {
        return Again::NotRun("the trace does not say which operation ran".into());
    };
    let place = Place {
        flow: run.flow,
        id: run.node,
        node,
    };
    let invocation = Invocation {
        host: &host,
        place,
        component: &component,
        by_input,
    };
    execute(&invocation, operation, run.payload)
}

/// The node that names what ran: of the flow of the trace, else of another one.
fn find<'m>(manifest: &'m PackManifest, run: &RecordedRun<'_>) -> Option<&'m Node> {
    let own = |entry: &&greentic_types::PackFlowEntry| entry.id.as_str() == run.flow;
    let flows = manifest.flows.iter();
    let flows = flows.clone().filter(own).chain(flows);
    let nodes = flows.filter_map(|entry| {
        let mut nodes = entry.flow.nodes.iter();
        nodes.find(|(id, _)| id.as_str() == run.node)
    });
    nodes.map(|(_, node)| node).find(|node| {
        let names = recorded(node);
        let says = |name: &String| name == run.operation;
        names.component == run.component && names.operations.iter().any(says)
    })
}

fn execute(invocation: &Invocation<'_>, operation: &str, payload: &Value) -> Again {
    let file = match invocation.file() {
        Ok(file) => file,
        Err(done) => return unable(done),
    };
    let input = match invocation.passed(payload.clone(), operation, &file) {
        Ok(input) => input,
        Err(done) => return unable(done),
    };
    let request = invocation.request(file, operation, input);
    let host = invocation.host;
    let StepAnswer {
        result, attempts, ..
    } = host.executor.execute(host.pack, &request);
    let answered = |value: Value, attempts: &HostActivity| Again::Answered {
        value,
        otherwise: may_answer_otherwise(attempts) || has_drawn(attempts),
    };
    match result {
        Ok(StepOutcome::NotRun) => Again::NotRun("the executor runs no steps".into()),
        Ok(outcome) => match invocation.value(outcome) {
            Ok(value) => answered(value, &attempts),
            Err(failure) => Again::Failed(failure),
        },
        // NB: with a route for errors, the runner passes this on as the output.
        Err(failure) if failure.code == StepCode::Step => {
            let error = json!({ "code": "component_error", "message": failure.message });
            answered(json!({ "ok": false, "error": error }), &attempts)
        }
        Err(failure) if may_answer_otherwise(&attempts) => {
            Again::NotRun(format!("it needs a live host: {failure}"))
        }
        Err(failure) => Again::Failed(failure),
    }
}

fn unable(done: Done) -> Again {
    match done.result {
        NodeResult::Failed(failure) => Again::Failed(failure),
        NodeResult::Blocked(why) | NodeResult::Withheld(why) => Again::NotRun(why),
        NodeResult::NotRun | NodeResult::Answered | NodeResult::CarriedOut => {
            Again::NotRun("the node does not run".into())
        }
    }
}

/// Whether a component drew random numbers.
fn has_drawn(did: &HostActivity) -> bool {
    let mut calls = did.calls.iter();
    calls.any(|call| call.interface.starts_with("wasi:random/"))
}
