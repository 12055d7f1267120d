//! [`PackFacts`]: what a pack says about the traces of its flows.

use provision_core::Pack;
use provision_core::flow::{Recorded, recorded};
use std::collections::BTreeMap;

/// What the traces of a pack's flows have to say.
#[derive(Debug, Clone)]
pub struct PackFacts {
    /// The digest of its bytes, in hex; `None` for a folder.
    pub(super) digest: Option<String>,
    pub(super) id: String,
    pub(super) version: String,
    /// Its flows by id; `None` if its manifest is of a form without flows.
    pub(super) flows: Option<BTreeMap<String, FlowFacts>>,
}

/// The nodes of a flow, by id.
pub(super) type FlowFacts = BTreeMap<String, Recorded>;

/// Where a step differs from all nodes.
#[derive(Debug)]
pub(super) struct Unexplained {
    /// The member that differs, as a JSON pointer.
    pub(super) member: &'static str,
    pub(super) expected: String,
}

impl PackFacts {
    /// What `pack` says.
    #[must_use]
    pub fn of(pack: &Pack) -> Self {
        let manifest = pack.manifest();
        let flows = manifest.pack_v1.as_deref().map(|manifest| {
            let flows = manifest.flows.iter().map(|entry| {
                let nodes = entry.flow.nodes.iter();
                let nodes = nodes.map(|(id, node)| (id.as_str().to_owned(), recorded(node)));
                (entry.id.as_str().to_owned(), nodes.collect())
            });
            flows.collect()
        });
        let v1 = manifest.pack_v1.as_deref();
        Self {
            digest: pack.archive().is_some().then(|| pack.digest().to_owned()),
            id: v1.map_or_else(String::new, |v1| v1.pack_id.as_str().to_owned()),
            version: v1.map_or_else(String::new, |v1| v1.version.to_string()),
            flows,
        }
    }

    /// Whether a node of `flow` names what a step does, or a node of another flow: the trace
    /// of a flow has the steps of flows that it calls or hands over to, also where a
    /// component decides that.
    pub(super) fn explains(
        &self,
        flow: &FlowFacts,
        node: &str,
        component: &str,
        operation: &str,
    ) -> Result<(), Unexplained> {
        let all = self.flows.iter().flat_map(BTreeMap::values);
        let nodes: Vec<&Recorded> = std::iter::once(flow)
            .chain(all)
            .filter_map(|flow| flow.get(node))
            .collect();
        let Some(own) = nodes.first() else {
            return Err(Unexplained {
                member: "/node_id",
                expected: "a node".into(),
            });
        };
        let of_component = || nodes.iter().filter(|n| n.component == component);
        let says = |n: &&&Recorded| n.operations.iter().any(|o| o == operation);
        if of_component().any(|n| says(&n)) {
            return Ok(());
        }
        let names = |names: &[String]| {
            let names: Vec<String> = names.iter().map(|n| super::judged::quoted(n)).collect();
            names.join(" or ")
        };
        Err(match of_component().next() {
            Some(node) => Unexplained {
                member: "/operation",
                expected: format!("{}, the operation of the node", names(&node.operations)),
            },
            None => Unexplained {
                member: "/component_id",
                expected: format!("`{}`, the component of the node", own.component),
            },
        })
    }
}
