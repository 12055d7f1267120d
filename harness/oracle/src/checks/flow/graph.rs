//! Checks of the graphs of flows, which need no run.

use crate::check::{Conclusion, Findings};
use crate::subject::{Opened, Subject};
use greentic_types::{Flow, FlowKind, Node, NodeId, PackFlowEntry, PackManifest};
use provision_core::codes::CheckCode;
use provision_core::flow::{Builtin, Target, app_flows, entry, routing as routes, target};
use provision_core::text::inert;
use provision_core::wizard::{Role, role};
use provision_core::{Finding, Pack, components};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Most characters of a route or of a list of nodes in a finding.
const TEXT: usize = 300;

/// A flow of the pack under judgement.
struct Judged<'j> {
    pack: &'j Pack,
    manifest: &'j PackManifest,
    entry: &'j PackFlowEntry,
}

impl<'j> Judged<'j> {
    fn flow(&self) -> &'j Flow {
        &self.entry.flow
    }

    fn nodes(&self) -> impl Iterator<Item = (&'j str, &'j Node)> + use<'j> {
        let nodes = self.entry.flow.nodes.iter();
        nodes.map(|(id, node)| (id.as_str(), node))
    }

    fn has(&self, node: &str) -> bool {
        has(self.flow(), node)
    }

    /// The flow, as the place of a finding.
    fn at(&self) -> String {
        format!("flow {}", inert(self.entry.id.as_str(), 120))
    }

    /// The place of a finding on some nodes of the flow.
    fn at_nodes(&self, nodes: &[&str]) -> String {
        let first = inert(nodes.first().copied().unwrap_or_default(), 120);
        match nodes.len() {
            1 => format!("{}, node {first}", self.at()),
            count => format!("{}, {count} nodes, first {first}", self.at()),
        }
    }

    /// The flow of the pack with this id.
    fn other(&self, id: &str) -> Option<&'j Flow> {
        let mut flows = self.manifest.flows.iter();
        flows.find(|f| f.id.as_str() == id).map(|f| &f.flow)
    }
}

fn has(flow: &Flow, node: &str) -> bool {
    NodeId::new(node).is_ok_and(|id| flow.nodes.contains_key(&id))
}

/// Why checks of flows do not apply to a pack; `None` if they do.
pub(super) fn inapplicable(opened: &Opened) -> Option<Conclusion> {
    let reason = if opened.pack.manifest().pack_v1.is_none() {
        "only a pack-v1 manifest describes the nodes of flows"
    } else if app_flows(&opened.pack).is_empty() {
        "the manifest has no flow but those of wizards"
    } else {
        return None;
    };
    Some(Conclusion::NotApplicable(reason.into()))
}

/// Concludes with what `find` finds in each flow.
fn judge(subject: &Subject, findings: &mut Findings, find: fn(&Judged<'_>) -> Vec<Finding>) {
    let Ok(opened) = &subject.opened else { return };
    if let Some(conclusion) = inapplicable(opened) {
        return findings.pack(conclusion);
    }
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        return;
    };
    let flows = app_flows(&opened.pack).into_iter();
    let found = flows.flat_map(|entry| {
        find(&Judged {
            pack: &opened.pack,
            manifest,
            entry,
        })
    });
    findings.pack(Conclusion::of(found.collect()));
}

pub(super) fn not_empty(subject: &Subject, findings: &mut Findings) {
    judge(subject, findings, |judged| {
        let empty = judged.flow().nodes.is_empty().then(|| {
            let (expected, actual) = ("at least one node", "no node");
            Finding::new(CheckCode::FlowEmpty, judged.at(), expected, actual)
        });
        empty.into_iter().collect()
    });
}

/// Judges whether the hosts that receive messages can choose a flow for them.
pub(super) fn default(subject: &Subject, findings: &mut Findings) {
    let Ok(opened) = &subject.opened else { return };
    if let Some(conclusion) = inapplicable(opened) {
        return findings.pack(conclusion);
    }
    let role = role(&opened.pack).role;
    if role != Role::Application {
        let reason = format!("hosts send no messages to the flows of a {}", role.name());
        return findings.pack(Conclusion::NotApplicable(reason));
    }
    let Some(manifest) = &opened.pack.manifest().pack_v1 else {
        return;
    };
    let mut extensions = manifest.extensions.iter().flat_map(BTreeMap::keys);
    if let Some(name) = extensions.find(|name| is_of_provider(name)) {
        let reason = format!("the extension {} makes it a provider", inert(name, 120));
        return findings.pack(Conclusion::NotApplicable(reason));
    }
    let flows = &manifest.flows;
    // The flow that lost its nodes may be the one that the author meant.
    if let Some(empty) = flows.iter().find(|flow| flow.flow.nodes.is_empty()) {
        let id = inert(empty.id.as_str(), 120);
        let why = format!("flow {id} has no node, so its place among the flows is not known");
        return findings.pack(Conclusion::Blocked(why));
    }
    let chosen = flows.iter().any(|flow| flow.id.as_str() == "default");
    let messaging = flows
        .iter()
        .filter(|flow| flow.flow.kind == FlowKind::Messaging);
    let count = messaging.count();
    let found = (!chosen && count != 1).then(|| {
        let ids: Vec<&str> = flows.iter().map(|flow| flow.id.as_str()).collect();
        let ids = inert(&ids.join(", "), TEXT);
        let expected = "a flow `default`, or exactly one flow of kind messaging";
        let actual = format!("{count} flows of kind messaging; the flows are {ids}");
        Finding::new(CheckCode::DefaultFlow, "flows", expected, actual)
    });
    findings.pack(Conclusion::of(found.into_iter().collect()));
}

/// Whether providers alone have the extension `name`. Old ones have no other mark of a
/// provider, and hosts send messages and events through them, not to their flows.
fn is_of_provider(name: &str) -> bool {
    ["greentic.events.", "greentic.messaging."]
        .iter()
        .any(|p| name.starts_with(p))
}

pub(super) fn resolves(subject: &Subject, findings: &mut Findings) {
    judge(subject, findings, |judged| {
        let mut found: Vec<Finding> = wrong_entry(judged).into_iter().collect();
        // One finding for each thing that nodes lack.
        let mut incomplete: BTreeMap<(&str, String), Vec<&str>> = BTreeMap::new();
        for (id, node) in judged.nodes() {
            if let Some(lacks) = lacks(judged, node) {
                let component = node.component.id.as_str();
                incomplete.entry((component, lacks)).or_default().push(id);
            }
            found.extend(wrong_flow(judged, id, node));
        }
        found.extend(incomplete.into_iter().map(|((component, lacks), nodes)| {
            let component = inert(component, 120);
            let expected = format!("all that the runner needs to run `{component}`");
            let actual = format!("the node lacks {lacks}");
            let at = judged.at_nodes(&nodes);
            Finding::new(CheckCode::NodeIncomplete, at, expected, actual)
        }));
        found
    });
}

/// The finding on an entry point that is no node.
fn wrong_entry(judged: &Judged<'_>) -> Option<Finding> {
    let named = entry(judged.flow())?;
    if judged.has(named) || judged.flow().nodes.is_empty() {
        return None;
    }
    let actual = format!("`{}` is not one of its nodes", inert(named, 120));
    let expected = "the entry point `default` is a node of the flow";
    Some(Finding::new(
        CheckCode::FlowEntry,
        judged.at(),
        expected,
        actual,
    ))
}

/// What `node` lacks, so that the runner cannot run it; `None` if it lacks nothing
/// or if its component is not there, which `manifest.nodes-resolve` reports.
fn lacks(judged: &Judged<'_>, node: &Node) -> Option<String> {
    match target(node) {
        Target::Incomplete { lacks } => Some(lacks),
        Target::Component {
            id,
            operation: None,
            ..
        } => {
            let there = components::resolve(judged.pack, judged.manifest, &id).is_some();
            there.then(|| "an operation".to_owned())
        }
        Target::Builtin(kind) if hands_over(kind.builtin) => flow_named(node)
            .is_none()
            .then(|| "`flow_id` in its input".to_owned()),
        _ => None,
    }
}

fn hands_over(builtin: Builtin) -> bool {
    matches!(builtin, Builtin::FlowCall | Builtin::FlowGoto)
}

/// The flow that the input of `flow.call` or `flow.goto` names.
fn flow_named(node: &Node) -> Option<&str> {
    let mapping = &node.input.mapping;
    let named = mapping.get("flow_id").or_else(|| mapping.get("flow"));
    let named = named.and_then(Value::as_str).map(str::trim);
    named.filter(|name| !name.is_empty())
}

/// The finding on a flow, or a node of it, that a node hands over to and that the
/// pack does not have. A name that is a template is known only when the flow runs.
fn wrong_flow(judged: &Judged<'_>, id: &str, node: &Node) -> Option<Finding> {
    match target(node) {
        Target::Builtin(kind) if hands_over(kind.builtin) => {}
        _ => return None,
    }
    let named = flow_named(node).filter(|name| !name.contains("{{"))?;
    let name = inert(named, 120);
    let actual = match judged.other(named) {
        None => format!("the pack has no flow `{name}`"),
        Some(flow) => {
            let at = node.input.mapping.get("node").and_then(Value::as_str)?;
            if at.contains("{{") || at.trim().is_empty() || has(flow, at.trim()) {
                return None;
            }
            format!("flow `{name}` has no node `{}`", inert(at, 120))
        }
    };
    let expected = "a flow and a node of the pack";
    let at = judged.at_nodes(&[id]);
    Some(Finding::new(CheckCode::FlowTarget, at, expected, actual))
}

pub(super) fn routing(subject: &Subject, findings: &mut Findings) {
    judge(subject, findings, |judged| {
        // One finding for each node that is not there, and one for each flow with
        // routes that the runner ignores.
        let mut nowhere: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let mut ignored: Vec<(&str, String)> = Vec::new();
        let mut found = Vec::new();
        for (id, node) in judged.nodes() {
            let to = routes::targets(&node.routing);
            for target in to.iter().filter(|target| !judged.has(target)) {
                nowhere.entry(target).or_default().push(id);
            }
            let lost = routes::ignored(&node.routing);
            ignored.extend(lost.into_iter().map(|route| (id, route)));
            let waits =
                matches!(target(node), Target::Builtin(k) if k.builtin == Builtin::SessionWait);
            if waits && to.is_empty() {
                let expected = "a route to continue after the reply";
                let at = judged.at_nodes(&[id]);
                found.push(Finding::new(
                    CheckCode::RouteMissing,
                    at,
                    expected,
                    "no route",
                ));
            }
        }
        found.extend(nowhere.into_iter().map(|(target, nodes)| {
            let actual = format!("the flow has no node `{}`", inert(target, 120));
            let at = judged.at_nodes(&nodes);
            let expected = "a route to a node of the flow";
            Finding::new(CheckCode::RouteTarget, at, expected, actual)
        }));
        if let Some((_, route)) = ignored.first() {
            let mut nodes: Vec<&str> = ignored.iter().map(|(id, _)| *id).collect();
            nodes.dedup();
            let at = judged.at_nodes(&nodes);
            let expected = "a target under `to`, or under `default` of a branch";
            let actual = format!("the runner ignores `{}`", inert(route, TEXT));
            found.push(Finding::new(CheckCode::RouteIgnored, at, expected, actual));
        }
        found
    });
}

pub(super) fn reachable(subject: &Subject, findings: &mut Findings) {
    judge(subject, findings, |judged| {
        let flow = judged.flow();
        let entries = flow.entrypoints.values().filter_map(Value::as_str);
        let mut open: Vec<&str> = entries.chain(entry(flow)).collect();
        open.extend(handed_over_to(judged));
        let mut reached: BTreeSet<&str> = BTreeSet::new();
        while let Some(id) = open.pop() {
            let node = NodeId::new(id).ok().and_then(|id| flow.nodes.get(&id));
            if let Some(node) = node.filter(|_| reached.insert(id)) {
                open.extend(routes::targets(&node.routing));
            }
        }
        let lost: Vec<&str> = judged
            .nodes()
            .map(|(id, _)| id)
            .filter(|id| !reached.contains(id))
            .collect();
        let finding = (!lost.is_empty()).then(|| {
            let actual = format!("no route leads to {}", inert(&lost.join(", "), TEXT));
            let at = judged.at_nodes(&lost);
            Finding::new(
                CheckCode::NodeUnreachable,
                at,
                "a route to every node",
                actual,
            )
        });
        finding.into_iter().collect()
    });
}

/// The nodes of the flow at which `flow.goto` nodes of any flow start it.
fn handed_over_to<'j>(judged: &Judged<'j>) -> Vec<&'j str> {
    let id = judged.entry.id.as_str();
    let flows = judged.manifest.flows.iter();
    let nodes = flows.flat_map(|other| other.flow.nodes.values());
    let to_this = nodes.filter(|node| flow_named(node) == Some(id));
    let starts = to_this.filter_map(|node| node.input.mapping.get("node")?.as_str());
    starts.map(str::trim).collect()
}
