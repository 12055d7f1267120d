//! Which flows of a pack the runner runs, and the walks through them.

use super::host::Host;
use super::resolve::entry;
use super::run::{Message, Walk, WalkedFlow};
use super::walker::Walker;
use crate::limits::Limits;
use crate::pack::Pack;
use crate::wizard::executor::StepExecutor;
use crate::wizard::inputs::ProvisionInputs;
use crate::wizard::resolve::entry_flows;
use greentic_types::PackFlowEntry;

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
    let Some(host) = Host::of(executor, pack, inputs, limits) else {
        return Vec::new();
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
