//! Compares the flows of two packs: which there are, and how hosts start them.

use super::change::{Found, both};
use super::packs::Packs;
use super::packs::{Versions, is_same_text};
use super::pairing::Pairing;
use super::rules::Rule;
use super::sets;
use crate::subject::Opened;
use std::collections::{BTreeMap, BTreeSet};

/// One flow of a pack.
#[derive(Default)]
struct Flow {
    kind: String,
    entries: BTreeSet<String>,
    nodes: String,
}

pub(super) fn compare(packs: Packs<'_>, versions: Versions<'_>, found: &mut Found<'_>) {
    let [old, new] = [packs.old, packs.new].map(flows);
    let at = |id: &str| format!("flow `{id}`");
    let pairing = Pairing::of(&old, &new);
    for (id, old, new) in &pairing.kept {
        let place = at(id);
        if old.kind != new.kind {
            found.change(Rule::FlowKind, &place, both(&old.kind, &new.kind));
        }
        let rules = [Rule::FlowEntryRemoved, Rule::FlowEntryAdded];
        let at = |entry: &str| format!("{place}, entry `{entry}`");
        sets::compare(at, [&old.entries, &new.entries], rules, found);
        if !is_same_text(&old.nodes, &new.nodes, versions) {
            let (before, after) = (digest(&old.nodes), digest(&new.nodes));
            found.change(Rule::FlowGraph, &place, both(&before, &after));
        }
    }
    // A flow that is a wizard is listed as one.
    let is_wizard = |opened: &Opened, id: &str| {
        let mut wizards = opened.wizards.iter();
        wizards.any(|observed| observed.wizard.name == id)
    };
    for (id, flow) in pairing.removed {
        if !is_wizard(packs.old, id) {
            found.change(Rule::FlowRemoved, &at(id), (Some(&flow.kind), None));
        }
    }
    for (id, flow) in pairing.added {
        if !is_wizard(packs.new, id) {
            found.change(Rule::FlowAdded, &at(id), (None, Some(&flow.kind)));
        }
    }
}

/// A short name of a graph, which may be large.
fn digest(nodes: &str) -> String {
    let digest = provision_core::pack::digest(nodes.as_bytes());
    format!("{} bytes, sha256 {}", nodes.len(), &digest[..12])
}

fn flows(opened: &Opened) -> BTreeMap<String, Flow> {
    let manifest = opened.pack.manifest();
    let Some(v1) = manifest.pack_v1.as_deref() else {
        let flows = manifest.flows.iter().map(|declared| {
            let flow = Flow {
                kind: "flow".into(),
                entries: declared.entries.clone(),
                nodes: String::new(),
            };
            (declared.id.clone(), flow)
        });
        return flows.collect();
    };
    let flows = v1.flows.iter().map(|entry| {
        let named = entry.flow.entrypoints.keys().cloned();
        let flow = Flow {
            kind: format!("{:?}", entry.kind).to_lowercase(),
            entries: named.chain(entry.entrypoints.iter().cloned()).collect(),
            nodes: serde_json::to_string(&entry.flow.nodes).unwrap_or_default(),
        };
        (entry.id.as_str().to_owned(), flow)
    });
    flows.collect()
}
