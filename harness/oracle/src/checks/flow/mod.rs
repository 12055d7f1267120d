//! flow.*: can the runner run the pack's own flows?

mod graph;
mod walks;

use crate::check::{Applies, Bite, Check, Level, ScopeKind, Stage};

pub(super) const CHECKS: &[Check] = &[
    Check {
        id: "flow.not-empty",
        stage: Stage::Flow,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Run,
        host: "The runner fails when it starts the flow: it has no start node.",
        requirement: "Every flow has at least one node.",
        why: "A flow without nodes answers no message; such flows usually lost their nodes when the pack was built.",
        fix: "Build the pack again from the flow's source, or remove the flow from the manifest.",
        run: graph::not_empty,
    },
    Check {
        id: "flow.resolves",
        stage: Stage::Flow,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Run,
        host: "The runner fails when the flow reaches the node.",
        requirement: "The entry point of every flow is one of its nodes; every node names all that the runner needs to run it; and `flow.call` and `flow.goto` name flows and nodes of the pack.",
        why: "The runner looks these names up only when a message reaches the node, so that users meet the mistake first.",
        fix: "Correct the name, or add what the finding says is missing.",
        run: graph::resolves,
    },
    Check {
        id: "flow.routing",
        stage: Stage::Flow,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Run,
        host: "The runner ends the flow without a word, or fails at a node that is not there.",
        requirement: "Every route leads to a node of the flow, and the runner reads it: `to` in custom routing, `default` in a branch. A node that waits for a reply has a route.",
        why: "The runner ignores routes under other keys, such as `next`, so that the conversation ends there.",
        fix: "Write the target of a custom route under `to`, give a branch a `default`, and correct names of nodes that the flow does not have.",
        run: graph::routing,
    },
    Check {
        id: "flow.reachable",
        stage: Stage::Flow,
        level: Level::Should,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Nowhere,
        host: "No host looks for nodes that no route reaches.",
        requirement: "A route leads to every node of a flow.",
        why: "A node that nothing leads to was forgotten, or the route to it was.",
        fix: "Add a route to the node, or remove it. The runner takes only `default` of a branch.",
        run: graph::reachable,
    },
    Check {
        id: "flow.walks",
        stage: Stage::Flow,
        level: Level::Must,
        scope: ScopeKind::Pack,
        applies: Applies::WithFlows,
        bites: Bite::Run,
        host: "The runner ends the flow with an error, and the user gets no answer.",
        requirement: "Every flow handles an empty message and a message with text: no node traps, hits a bound or answers with an error, and no routing is endless.",
        why: "The first message that a user sends takes this way.",
        fix: "Correct the component or the node; `--verbose` lists the nodes. If the error is expected, give the node a route for it.",
        run: walks::walks,
    },
];
