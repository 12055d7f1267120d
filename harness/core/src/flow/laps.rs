//! Finds loops of a flow that have no end.

use super::state::State;
use std::collections::BTreeMap;

/// A flow and a node of it, after those that wait for the flow.
pub(super) type Position = Vec<(String, String)>;

/// The nodes of a path since the last message of the user.
#[derive(Clone, Default)]
pub(super) struct Laps {
    nodes: BTreeMap<Position, Visits>,
    /// How many conditions were evaluated on the path.
    conditions: usize,
}

/// The visits of one node.
#[derive(Clone, Default)]
struct Visits {
    count: usize,
    /// How many conditions the path had evaluated at the last visit.
    conditions: usize,
    /// The states in which the node was visited, except for the first one.
    states: Vec<blake3::Hash>,
}

/// What a visit of a node says about the loop that leads to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lap {
    /// Nothing: the loop, if there is one, may end.
    Open,
    /// The node was visited in the same state before. The runner and the components
    /// are deterministic, so that the flow comes back to it again and again.
    SameState,
    /// No condition was evaluated since the last visit, more often than `most`.
    Unconditional,
}

impl Laps {
    /// Counts the conditions of a route.
    pub(super) fn conditional(&mut self) {
        self.conditions += 1;
    }

    /// Visits the node at `position`. Computes the state only for a node that was
    /// visited before: most flows have no loop.
    pub(super) fn visit(
        &mut self,
        position: Position,
        most: usize,
        state: impl FnOnce() -> blake3::Hash,
    ) -> Lap {
        let conditions = self.conditions;
        let visits = self.nodes.entry(position).or_default();
        visits.count += 1;
        let before = std::mem::replace(&mut visits.conditions, conditions);
        if visits.count == 1 {
            return Lap::Open;
        }
        if visits.count > most && before == conditions {
            return Lap::Unconditional;
        }
        let state = state();
        if visits.states.contains(&state) {
            return Lap::SameState;
        }
        visits.states.push(state);
        Lap::Open
    }
}

/// The state of a flow and of those that wait for it, as a digest.
pub(super) fn digest<'s>(
    states: impl Iterator<Item = (&'s str, &'s str, &'s State)>,
) -> blake3::Hash {
    let mut hasher = blake3::Hasher::new();
    for (flow, node, state) in states {
        for part in [flow, node, &state.to_json().to_string()] {
            hasher.update(&part.len().to_le_bytes());
            hasher.update(part.as_bytes());
        }
    }
    hasher.finalize()
}
