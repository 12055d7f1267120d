//! Walks a flow from its entry along every route that a message can take.
//!
//! A walk follows the runner's own rules. Where only a live host or the user has the
//! answer, it goes on along each route that leads to a node that it has not seen.

use super::host::{Control, HandOver, Host, Place};
use super::resolve::entry;
use super::routing::{Decision, decide, targets};
use super::run::{Message, NodeResult, NodeRun, Walk, WalkedFlow};
use super::state::{Output, State};
use crate::limits::Limits;
use crate::pack::Pack;
use crate::text::inert;
use crate::wizard::call::HostActivity;
use crate::wizard::executor::{Meters, StepCode, StepExecutor, StepFailure};
use crate::wizard::inputs::ProvisionInputs;
use crate::wizard::resolve::entry_flows;
use crate::wizard::session::grants;
use greentic_types::{Flow, Node, NodeId, PackFlowEntry, PackManifest, Routing};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Most flows that wait for each other's answer.
const CALLERS: usize = 16;
/// Most paths of one walk that are still to be followed.
const PATHS: usize = 64;
/// Nodes of all walks of a pack. The flows after that are not walked.
const PACK_NODES: usize = 4_000;

/// The flows of `pack` that no host runs as a wizard: the runner runs them.
#[must_use]
pub fn app_flows(pack: &Pack) -> Vec<&PackFlowEntry> {
    let Some(manifest) = pack.manifest().pack_v1.as_deref() else {
        return Vec::new();
    };
    let wizards = entry_flows(pack.manifest());
    let is_wizard = |id: &str| wizards.iter().any(|(_, flow)| flow == id);
    let flows = manifest.flows.iter();
    flows.filter(|flow| !is_wizard(flow.id.as_str())).collect()
}

/// Walks each of [`app_flows`] once for each [`Message`].
#[must_use]
pub fn walk(
    executor: &dyn StepExecutor,
    pack: &Pack,
    inputs: &ProvisionInputs,
    limits: &Limits,
) -> Vec<WalkedFlow> {
    let Some(manifest) = pack.manifest().pack_v1.as_deref() else {
        return Vec::new();
    };
    let host = Host {
        executor,
        pack,
        manifest,
        inputs,
        grants: Arc::new(grants(inputs)),
        limits,
    };
    let mut nodes = 0;
    let walked = app_flows(pack).into_iter().map(|flow| {
        let messages = Message::ALL.into_iter().filter(|_| nodes < PACK_NODES);
        let walks = messages.map(|message| Walker::new(&host, message).walk(flow));
        let walks: Vec<Walk> = walks.collect();
        nodes += walks.iter().map(|walk| walk.nodes.len()).sum::<usize>();
        WalkedFlow {
            flow: flow.id.as_str().to_owned(),
            entry: entry(&flow.flow).map(str::to_owned),
            walks,
        }
    });
    walked.collect()
}

/// A walk in progress.
struct Walker<'w> {
    host: &'w Host<'w>,
    message: Message,
    nodes: Vec<NodeRun>,
    /// The nodes that any path has reached, with their flows.
    seen: BTreeSet<(String, String)>,
    /// The paths that are still to be followed.
    open: Vec<Path<'w>>,
}

/// A path through the flow: the next node and everything that leads to it.
#[derive(Clone)]
struct Path<'w> {
    flow: &'w Flow,
    node: String,
    state: State,
    /// The flows that wait for this one, the innermost last.
    callers: Vec<Caller<'w>>,
    /// How often each node ran since the last message.
    visits: BTreeMap<(String, String), usize>,
}

/// A flow that waits for the answer of another one.
#[derive(Clone)]
struct Caller<'w> {
    flow: &'w Flow,
    node: &'w Node,
    id: String,
    state: State,
}

impl<'w> Walker<'w> {
    fn new(host: &'w Host<'w>, message: Message) -> Self {
        Self {
            host,
            message,
            nodes: Vec::new(),
            seen: BTreeSet::new(),
            open: Vec::new(),
        }
    }

    fn walk(mut self, listed: &'w PackFlowEntry) -> Walk {
        let flow = &listed.flow;
        if let Some(node) = entry(flow) {
            self.open.push(Path {
                flow,
                node: node.to_owned(),
                state: State::started(listed, self.message, self.host.inputs),
                callers: Vec::new(),
                visits: BTreeMap::new(),
            });
        }
        while let Some(path) = self.open.pop() {
            let mut next = Some(path);
            while let Some(path) = next {
                next = self.step(path);
            }
        }
        Walk {
            message: self.message,
            nodes: self.nodes,
        }
    }

    /// Carries out the next node of `path`. Returns the rest of the path, unless it
    /// ends there.
    fn step(&mut self, mut path: Path<'w>) -> Option<Path<'w>> {
        let flow = path.flow;
        let id = NodeId::new(&path.node).ok();
        let Some(node) = id.and_then(|id| flow.nodes.get(&id)) else {
            return self.stop(
                &path,
                NodeResult::Blocked("the flow has no such node".into()),
            );
        };
        let key = (flow.id.as_str().to_owned(), path.node.clone());
        if let Some(result) = self.over(&mut path, &key) {
            return self.stop(&path, result);
        }
        self.seen.insert(key);
        let place = Place {
            flow: flow.id.as_str(),
            id: &path.node,
            node,
        };
        let (run, control) = self.host.carry_out(place, &mut path.state);
        self.nodes.push(run);
        match control {
            Control::Continue(output) => self.continued(path, node, &output),
            Control::Reply(output) => self.replied(path, node, &output),
            Control::EachRoute => self.each_route(path, &node.routing),
            Control::HandOver(to) => self.handed_over(path, to),
            Control::Call { flow, input } => self.called(path, node, &flow, input),
            Control::Respond => {
                let output = Output::of(Value::Null);
                self.ended(path, &output)
            }
            Control::Stop => None,
        }
    }

    /// Counts a visit of `path` to its next node, and says which bound it exceeds.
    fn over(&self, path: &mut Path<'w>, key: &(String, String)) -> Option<NodeResult> {
        let limits = &self.host.limits.flow;
        let visits = path.visits.entry(key.clone()).or_default();
        *visits += 1;
        if *visits > limits.visits {
            let message = format!(
                "the node would run more than {} times for one message",
                limits.visits
            );
            let failure = StepFailure::new(StepCode::FlowLoop, message);
            return Some(NodeResult::Failed(failure));
        }
        let bytes = path.state.bytes();
        let message = if self.nodes.len() >= limits.nodes {
            format!("the walk reached {} nodes, its bound", limits.nodes)
        } else if bytes > limits.answer_bytes {
            let bound = limits.answer_bytes;
            format!("the nodes before it left {bytes} bytes, bound {bound}")
        } else {
            return None;
        };
        Some(NodeResult::Blocked(message))
    }

    /// Records why `path` ends at its next node.
    fn stop(&mut self, path: &Path<'w>, result: NodeResult) -> Option<Path<'w>> {
        self.nodes.push(NodeRun {
            flow: path.flow.id.as_str().to_owned(),
            node: path.node.clone(),
            function: "routing".into(),
            component: None,
            result,
            meters: Meters::default(),
            attempts: HostActivity::default(),
        });
        None
    }

    /// The node answered: its routing says where the flow goes on.
    fn continued(
        &mut self,
        mut path: Path<'w>,
        node: &'w Node,
        output: &Output,
    ) -> Option<Path<'w>> {
        path.state.keep(&path.node, output);
        if let Err(done) = self.host.bind(node, &mut path.state) {
            return self.stop(&path, done.result);
        }
        match decide(
            &node.routing,
            &path.state.routing_context(output, &node.routing),
        ) {
            Decision::Next(next) => {
                path.node = next;
                Some(path)
            }
            Decision::End => self.ended(path, output),
            Decision::Wait => self.waits(path, &node.routing),
        }
    }

    /// The flow waits for the user at a node whose conditions do not hold. The reply
    /// may take any of its routes.
    fn waits(&mut self, mut path: Path<'w>, routing: &Routing) -> Option<Path<'w>> {
        if let Some(result) = waiting_callee(&path) {
            return self.stop(&path, result);
        }
        path.state.reply(self.host.inputs);
        path.visits.clear();
        for target in targets(routing).iter().rev() {
            self.branch(&path, target);
        }
        None
    }

    /// The user replies, and the flow goes on by the routing of the node.
    fn replied(&mut self, mut path: Path<'w>, node: &'w Node, output: &Output) -> Option<Path<'w>> {
        if let Some(result) = waiting_callee(&path) {
            return self.stop(&path, result);
        }
        path.state.keep(&path.node, output);
        let context = path.state.routing_context(output, &node.routing);
        let Decision::Next(next) = decide(&node.routing, &context) else {
            let why = "the node has no route to continue after the reply";
            return self.stop(&path, NodeResult::Blocked(why.into()));
        };
        path.state.reply(self.host.inputs);
        path.visits.clear();
        self.branch(&path, &next);
        None
    }

    /// Opens a path along each route of the next node of `path`, whose answer only a
    /// live host has.
    fn each_route(&mut self, mut path: Path<'w>, routing: &Routing) -> Option<Path<'w>> {
        let output = Output::of(serde_json::json!({}));
        let node = path.node.clone();
        path.state.guessed = true;
        path.state.keep(&node, &output);
        let targets = targets(routing);
        if targets.is_empty() {
            return self.ended(path, &output);
        }
        // The first route is followed first.
        for target in targets.iter().rev() {
            self.branch(&path, target);
        }
        None
    }

    /// Opens a path to `node`, unless another path has reached it.
    fn branch(&mut self, path: &Path<'w>, node: &str) {
        let key = (path.flow.id.as_str().to_owned(), node.to_owned());
        let open = |p: &Path<'_>| p.flow.id == path.flow.id && p.node == node;
        if self.seen.contains(&key) || self.open.iter().any(open) {
            return;
        }
        if self.open.len() >= PATHS {
            let why = format!("the walk would follow more than {PATHS} paths");
            self.stop(path, NodeResult::Blocked(why));
            return;
        }
        let mut path = path.clone();
        node.clone_into(&mut path.node);
        self.open.push(path);
    }

    /// The flow ended: the flow that called it goes on.
    fn ended(&mut self, mut path: Path<'w>, output: &Output) -> Option<Path<'w>> {
        let caller = path.callers.pop()?;
        let guessed = path.state.guessed;
        let mut path = Path {
            flow: caller.flow,
            node: caller.id,
            state: caller.state,
            ..path
        };
        path.state.guessed |= guessed;
        self.continued(path, caller.node, output)
    }

    fn flow(&self, id: &str) -> Option<&'w Flow> {
        let manifest: &'w PackManifest = self.host.manifest;
        let found = manifest.flows.iter().find(|flow| flow.id.as_str() == id);
        found.map(|found| &found.flow)
    }

    /// Another flow takes over.
    fn handed_over(&mut self, mut path: Path<'w>, to: HandOver) -> Option<Path<'w>> {
        let Some(flow) = self.flow(&to.flow) else {
            let why = format!("the pack has no flow `{}`", inert(&to.flow, 80));
            return self.stop(&path, NodeResult::Blocked(why));
        };
        if path.state.handovers >= to.bound {
            let message = format!("more than {} hand-overs for one message", to.bound);
            let failure = StepFailure::new(StepCode::FlowLoop, message);
            return self.stop(&path, NodeResult::Failed(failure));
        }
        let node = to.node.or_else(|| entry(flow).map(str::to_owned))?;
        path.state.hand_over(to.input);
        Some(Path { flow, node, ..path })
    }

    /// Another flow runs, and the node waits for its output.
    fn called(
        &mut self,
        mut path: Path<'w>,
        node: &'w Node,
        id: &str,
        input: Value,
    ) -> Option<Path<'w>> {
        let Some(flow) = self.flow(id) else {
            let why = format!("the pack has no flow `{}`", inert(id, 80));
            return self.stop(&path, NodeResult::Blocked(why));
        };
        if path.callers.len() >= CALLERS {
            let message = format!("more than {CALLERS} flows call each other");
            let failure = StepFailure::new(StepCode::FlowLoop, message);
            return self.stop(&path, NodeResult::Failed(failure));
        }
        let mut state = State::with_input(flow, input);
        state.guessed |= path.state.guessed;
        let caller = Caller {
            flow: path.flow,
            node,
            id: path.node.clone(),
            state: path.state,
        };
        path.callers.push(caller);
        let node = entry(flow)?.to_owned();
        Some(Path {
            flow,
            node,
            state,
            ..path
        })
    }
}

/// The failure of a flow that another one called and that waits for the user: the
/// runner refuses that.
fn waiting_callee(path: &Path<'_>) -> Option<NodeResult> {
    let caller = path.callers.last()?;
    let message = format!(
        "flow `{}` calls this flow and cannot wait for a reply of the user",
        inert(caller.flow.id.as_str(), 80)
    );
    Some(NodeResult::Failed(StepFailure::new(
        StepCode::Flow,
        message,
    )))
}
