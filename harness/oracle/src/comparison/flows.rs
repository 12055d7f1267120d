//! Compares the flows of two packs: which there are, and how hosts start them.

use super::change::{Found, both};
use super::packs::Packs;
use super::packs::{Versions, is_same_text};
use super::pairing::Pairing;
use super::rules::Rule;
use super::sets::{self, list};
use crate::subject::Opened;
use std::collections::{BTreeMap, BTreeSet};

/// One flow of a pack.
#[derive(Default)]
struct Flow {
    kind: String,
    entries: BTreeSet<String>,
    /// The graph as JSON.
    nodes: String,
    /// The nodes as JSON; `None` for a manifest that does not have them.
    steps: Option<BTreeMap<String, String>>,
}

impl Flow {
    /// Whether the manifest has nodes for it.
    fn has_steps(&self) -> bool {
        self.steps.as_ref().is_some_and(|steps| !steps.is_empty())
    }
}

pub(super) fn compare(packs: Packs<'_>, versions: Versions<'_>, found: &mut Found<'_>) {
    let [old, new] = [packs.old, packs.new].map(flows);
    let at = |id: &str| format!("flow `{id}`");
    let mut pairing = Pairing::of(&old, &new);
    for (id, old, new) in &pairing.kept {
        let place = at(id);
        if old.kind != new.kind {
            found.change(Rule::FlowKind, &place, both(&old.kind, &new.kind));
        }
        let rules = [Rule::FlowEntryRemoved, Rule::FlowEntryAdded];
        let at = |entry: &str| format!("{place}, entry `{entry}`");
        sets::compare(at, [&old.entries, &new.entries], rules, found);
        if !is_same_text(&old.nodes, &new.nodes, versions) {
            graph(&place, [old, new], versions, found);
        }
    }
    // A flow that is a wizard is listed as one.
    let is_wizard = |opened: &Opened, id: &str| {
        let mut wizards = opened.wizards.iter();
        wizards.any(|observed| observed.wizard.name == id)
    };
    pairing.removed.retain(|(id, _)| !is_wizard(packs.old, id));
    pairing.added.retain(|(id, _)| !is_wizard(packs.new, id));
    let same = |old: &Flow, new: &Flow| old.has_steps() && old.nodes == new.nodes;
    for ((old, _), (new, _)) in pairing.renamed(same) {
        found.change(Rule::FlowRenamed, "flows", both(old, new));
    }
    for (id, flow) in pairing.removed {
        found.change(Rule::FlowRemoved, &at(id), (Some(&flow.kind), None));
    }
    for (id, flow) in pairing.added {
        found.change(Rule::FlowAdded, &at(id), (None, Some(&flow.kind)));
    }
}

/// Adds that a flow has another graph.
fn graph(place: &str, [old, new]: [&Flow; 2], versions: Versions<'_>, found: &mut Found<'_>) {
    let rule = match (old.has_steps(), new.has_steps()) {
        (true, false) => Rule::FlowEmptied,
        (false, true) => Rule::FlowFilled,
        _ => Rule::FlowGraph,
    };
    let none = BTreeMap::new();
    let steps = |flow: &'_ Flow| flow.steps.clone().unwrap_or_default();
    let (before, after) = (steps(old), steps(new));
    let pairing = match rule {
        Rule::FlowGraph => Pairing::of(&before, &after),
        // There is nothing to tell apart.
        _ => Pairing::of(&none, &none),
    };
    let kept = pairing.kept.iter();
    let changed = kept.filter(|(_, old, new)| !is_same_text(old, new, versions));
    let changed: Vec<&str> = changed.map(|(id, ..)| *id).collect();
    let words = |flow: &Flow, only: &[(&str, &String)]| {
        let mut words = summary(flow);
        for (title, ids) in [
            ("only here", only.iter().map(|(id, _)| *id).collect()),
            ("different", changed.clone()),
        ] {
            if !ids.is_empty() {
                words += &format!("; {title} {}", list(ids));
            }
        }
        words
    };
    let (old, new) = (words(old, &pairing.removed), words(new, &pairing.added));
    found.change(rule, place, both(&old, &new));
}

/// How many nodes a flow has, and a short name of its graph, which may be large.
fn summary(flow: &Flow) -> String {
    let count = flow.steps.as_ref().map_or(0, BTreeMap::len);
    let digest = provision_core::pack::digest(flow.nodes.as_bytes());
    let nodes = if count == 1 { "node" } else { "nodes" };
    format!("{count} {nodes}, sha256 {}", &digest[..12])
}

fn flows(opened: &Opened) -> BTreeMap<String, Flow> {
    let manifest = opened.pack.manifest();
    let Some(v1) = manifest.pack_v1.as_deref() else {
        let flows = manifest.flows.iter().map(|declared| {
            let flow = Flow {
                kind: "flow".into(),
                entries: declared.entries.clone(),
                ..Flow::default()
            };
            (declared.id.clone(), flow)
        });
        return flows.collect();
    };
    let flows = v1.flows.iter().map(|entry| {
        let steps = entry.flow.nodes.iter().map(|(id, node)| {
            let node = serde_json::to_string(node).unwrap_or_default();
            (id.as_str().to_owned(), node)
        });
        let named = entry.flow.entrypoints.keys().cloned();
        let flow = Flow {
            kind: format!("{:?}", entry.kind).to_lowercase(),
            entries: named.chain(entry.entrypoints.iter().cloned()).collect(),
            nodes: serde_json::to_string(&entry.flow.nodes).unwrap_or_default(),
            steps: Some(steps.collect()),
        };
        (entry.id.as_str().to_owned(), flow)
    });
    flows.collect()
}
