//! What is observed when a flow is walked, as plain data.

use crate::text::inert;
use crate::wizard::call::HostActivity;
use crate::wizard::executor::{Meters, StepFailure};
use serde::{Deserialize, Serialize};

/// The message with which a flow starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Message {
    /// A message without text: a user opens the conversation.
    Empty,
    /// A message with a short text.
    Text,
}

impl Message {
    /// Both, in the order in which a flow gets them.
    pub const ALL: [Self; 2] = [Self::Empty, Self::Text];

    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::Text => "text",
        }
    }

    /// The text of the message.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Empty => "",
            Self::Text => "Hello",
        }
    }
}

/// A flow and its walks, one for each [`Message`].
#[derive(Debug, Clone, PartialEq)]
pub struct WalkedFlow {
    /// The flow's id.
    pub flow: String,
    /// The node at which it starts.
    pub entry: Option<String>,
    /// The walks.
    pub walks: Vec<Walk>,
}

impl WalkedFlow {
    /// How many nodes ran to an answer: those of components, or for a flow that
    /// reached no component, those that the harness carried out.
    #[must_use]
    pub fn executed(&self) -> usize {
        let nodes = || self.walks.iter().flat_map(|walk| &walk.nodes);
        let count = |wanted: fn(&NodeResult) -> bool| nodes().filter(|n| wanted(&n.result)).count();
        match count(|result| *result == NodeResult::Answered) {
            0 if nodes().all(|node| node.component.is_none()) => {
                count(|result| *result == NodeResult::CarriedOut)
            }
            answered => answered,
        }
    }
}

/// One walk through a flow.
#[derive(Debug, Clone, PartialEq)]
pub struct Walk {
    /// The message that started it.
    pub message: Message,
    /// The nodes, in the order in which they were reached.
    pub nodes: Vec<NodeRun>,
}

/// How a walk ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WalkOutcome {
    /// Every path reached an end, or a place where the flow waits for the user.
    Completed,
    /// A node failed.
    Failed,
    /// A path could not be followed to its end.
    Blocked,
    /// The executor deliberately ran nothing.
    NothingRan,
}

impl WalkOutcome {
    /// The name in reports.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Completed => "completed",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::NothingRan => "nothing ran",
        }
    }
}

impl Walk {
    /// How it ended.
    #[must_use]
    pub fn outcome(&self) -> WalkOutcome {
        let has = |wanted: fn(&NodeResult) -> bool| self.nodes.iter().any(|n| wanted(&n.result));
        if has(|r| matches!(r, NodeResult::Failed(_))) {
            WalkOutcome::Failed
        } else if self.nodes.is_empty() || has(|r| matches!(r, NodeResult::Blocked(_))) {
            WalkOutcome::Blocked
        } else if has(|r| *r == NodeResult::NotRun) {
            WalkOutcome::NothingRan
        } else {
            WalkOutcome::Completed
        }
    }
}

/// One node that a walk reached.
#[derive(Debug, Clone, PartialEq)]
pub struct NodeRun {
    /// The flow of the node. It is another one than the walked flow after a
    /// hand-over.
    pub flow: String,
    /// The node.
    pub node: String,
    /// The function: an operation, or a function of the runner.
    pub function: String,
    /// The file of its component, if it has one.
    pub component: Option<String>,
    /// What happened.
    pub result: NodeResult,
    /// What it consumed.
    pub meters: Meters,
    /// What it did with its host.
    pub attempts: HostActivity,
}

impl NodeRun {
    /// The flow and the node, as text for a finding.
    #[must_use]
    pub fn place(&self) -> String {
        place(&self.flow, &self.node)
    }

    /// Why the node failed, if it did.
    #[must_use]
    pub fn failure(&self) -> Option<&StepFailure> {
        match &self.result {
            NodeResult::Failed(failure) => Some(failure),
            _ => None,
        }
    }
}

/// A flow and a node of it, as text for a finding.
pub(super) fn place(flow: &str, node: &str) -> String {
    format!("flow {}, node {}", inert(flow, 120), inert(node, 120))
}

/// What happened at a node.
#[derive(Debug, Clone, PartialEq)]
pub enum NodeResult {
    /// A component answered.
    Answered,
    /// The harness carried out a function of the runner.
    CarriedOut,
    /// Only a live host can answer, for this reason. The walk went on along each
    /// route of the node.
    Withheld(String),
    /// It failed, and the runner would end the flow.
    Failed(StepFailure),
    /// The walk cannot go on from here, for this reason.
    Blocked(String),
    /// The executor deliberately ran nothing.
    NotRun,
}

impl NodeResult {
    /// The name in reports: a code for a failure.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answered => "ok",
            Self::CarriedOut => "carried_out",
            Self::Withheld(_) => "withheld",
            Self::Failed(failure) => failure.code.code(),
            Self::Blocked(_) => "blocked",
            Self::NotRun => "not_run",
        }
    }

    /// The reason or the message, if there is one.
    #[must_use]
    pub fn message(&self) -> Option<&str> {
        match self {
            Self::Withheld(why) | Self::Blocked(why) => Some(why),
            Self::Failed(failure) => Some(&failure.message),
            Self::Answered | Self::CarriedOut | Self::NotRun => None,
        }
    }
}
