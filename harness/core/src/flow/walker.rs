//! Walks a flow from its entry along every route that a message can take.
//!
//! A walk follows the runner's own rules. Where only a live host or the user has the
//! answer, it goes on along each route that leads to a node that it has not seen.

use super::host::{Control, HandOver, Host, Place};
use super::laps::{Lap, Laps, Position, digest};
use super::resolve::entry;
use super::routing::{Decision, decide, is_conditional, targets};
use super::run::{Message, NodeResult, NodeRun, Walk};
use super::state::{Output, State};
use crate::text::inert;
use crate::wizard::call::HostActivity;
use crate::wizard::executor::{Meters, StepCode, StepFailure};
use greentic_types::{Flow, Node, NodeId, PackFlowEntry, PackManifest, Routing};
use serde_json::Value;
use std::collections::BTreeSet;

/// Most flows that wait for each other's answer.
const CALLERS: usize = 16;
/// Most paths of one walk that are still to be followed.
const PATHS: usize = 64;

/// A walk in progress.
pub(super) struct Walker<'w> {
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
    /// The nodes since the last message.
    laps: Laps,
}

/// A flow that waits for the answer of another one.
#[derive(Clone)]
struct Caller<'w> {
    flow: &'w Flow,
    node: &'w Node,
    id: String,
    state: State,
    /// The flow that it called, and the state in which that one started.
    callee: blake3::Hash,
}

impl Path<'_> {
    fn position(&self) -> Position {
        let callers = self.callers.iter().map(|c| (c.flow, &c.id));
        let all = callers.chain([(self.flow, &self.node)]);
        all.map(|(flow, node)| (flow.id.as_str().to_owned(), node.clone()))
            .collect()
    }

    /// The position, and the states of the flow and of its callers.
    fn digest(&self) -> blake3::Hash {
        let callers = self.callers.iter();
        let callers = callers.map(|c| (c.flow.id.as_str(), c.id.as_str(), &c.state));
        let own = (self.flow.id.as_str(), self.node.as_str(), &self.state);
        digest(callers.chain([own]))
    }
}

impl<'w> Walker<'w> {
    pub(super) fn new(host: &'w Host<'w>, message: Message) -> Self {
        Self {
            host,
            message,
            nodes: Vec::new(),
            seen: BTreeSet::new(),
            open: Vec::new(),
        }
    }

    pub(super) fn walk(mut self, listed: &'w PackFlowEntry) -> Walk {
        let flow = &listed.flow;
        if let Some(node) = entry(flow) {
            self.open.push(Path {
                flow,
                node: node.to_owned(),
                state: State::started(listed, self.message, self.host.inputs),
                callers: Vec::new(),
                laps: Laps::default(),
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
        if let Some(result) = self.over(&mut path) {
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

    /// Counts a visit of `path` to its next node. Returns why it cannot run again.
    fn over(&self, path: &mut Path<'w>) -> Option<NodeResult> {
        let limits = &self.host.limits.flow;
        let mut laps = std::mem::take(&mut path.laps);
        let lap = laps.visit(path.position(), limits.visits, || path.digest());
        path.laps = laps;
        match lap {
            Lap::Open => {}
            Lap::Unconditional => {
                let message = "the loop that leads to this node has no condition";
                return Some(endless(message));
            }
            Lap::SameState if path.state.is_certain() => {
                let message = "the flow comes back to this node in the same state";
                return Some(endless(message));
            }
            Lap::SameState => {
                let why = "only the answer of a live host can end the loop to this node";
                return Some(NodeResult::Blocked(why.into()));
            }
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
        if is_conditional(&node.routing) {
            path.laps.conditional();
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
        path.laps = Laps::default();
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
        path.laps = Laps::default();
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
        let mut state = caller.state;
        state.returned(path.state);
        let path = Path {
            flow: caller.flow,
            node: caller.id,
            state,
            ..path
        };
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
            return self.stop(&path, endless(&message));
        }
        let Some(node) = to.node.or_else(|| entry(flow).map(str::to_owned)) else {
            return self.stop(&path, without_start(&to.flow));
        };
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
        let Some(start) = entry(flow) else {
            return self.stop(&path, without_start(id));
        };
        let state = path.state.called(flow, input);
        let callee = digest([(id, start, &state)].into_iter());
        let again = path.callers.iter().any(|caller| caller.callee == callee);
        if again && state.is_certain() {
            let message = "the flow calls itself with the same input";
            return self.stop(&path, endless(message));
        }
        if again || path.callers.len() >= CALLERS {
            let why = format!("more than {CALLERS} flows would wait for each other");
            return self.stop(&path, NodeResult::Blocked(why));
        }
        let caller = Caller {
            flow: path.flow,
            node,
            id: path.node.clone(),
            state: path.state,
            callee,
        };
        path.callers.push(caller);
        Some(Path {
            flow,
            node: start.to_owned(),
            state,
            ..path
        })
    }
}

/// Why a path ends in a loop.
fn endless(message: &str) -> NodeResult {
    NodeResult::Failed(StepFailure::new(StepCode::FlowLoop, message))
}

/// Why a path ends at `flow`, which has no start node.
fn without_start(flow: &str) -> NodeResult {
    NodeResult::Blocked(format!("flow `{}` has no start node", inert(flow, 80)))
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
